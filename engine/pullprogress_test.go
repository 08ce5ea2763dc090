package engine

import (
	"errors"
	"io"
	"strings"
	"testing"
)

const dockerPullStream = `{"status":"Pulling from library/app","id":"1"}
{"status":"Pulling fs layer","progressDetail":{},"id":"aaa"}
{"status":"Pulling fs layer","progressDetail":{},"id":"bbb"}
{"status":"Already exists","progressDetail":{},"id":"ccc"}
{"status":"Downloading","progressDetail":{"current":10,"total":100},"progress":"[=> ]","id":"aaa"}
{"status":"Downloading","progressDetail":{"current":40,"total":50},"id":"bbb"}
{"status":"Downloading","progressDetail":{"current":5,"total":100},"id":"aaa"}
{"status":"Download complete","progressDetail":{},"id":"bbb"}
{"status":"Extracting","progressDetail":{"current":50,"total":50},"id":"bbb"}
{"status":"Pull complete","progressDetail":{},"id":"bbb"}
{"status":"Downloading","progressDetail":{"current":100,"total":100},"id":"aaa"}
{"status":"Pull complete","progressDetail":{},"id":"aaa"}
{"status":"Digest: sha256:0123"}
{"status":"Status: Downloaded newer image for app:1"}
`

func TestFollowPullAddsUp(t *testing.T) {
	var steps []PullProgress
	err := followPull(strings.NewReader(dockerPullStream), "app:1", func(p PullProgress) { steps = append(steps, p) })
	if err != nil || len(steps) != strings.Count(dockerPullStream, "\n") {
		t.Fatalf("%d steps, %v", len(steps), err)
	}
	for i, want := range map[int]PullProgress{
		0:  {Ref: "app:1", Status: "Pulling from library/app"},
		3:  {Ref: "app:1", Layer: "ccc", Status: "Already exists", Layers: 3, LayersDone: 1},
		4:  {Ref: "app:1", Layer: "aaa", Status: "Downloading", Current: 10, Total: 100, Layers: 3, LayersDone: 1},
		6:  {Ref: "app:1", Layer: "aaa", Status: "Downloading", Current: 50, Total: 150, Layers: 3, LayersDone: 1},
		7:  {Ref: "app:1", Layer: "bbb", Status: "Download complete", Current: 60, Total: 150, Layers: 3, LayersDone: 1},
		13: {Ref: "app:1", Status: "Status: Downloaded newer image for app:1", Current: 150, Total: 150, Layers: 3, LayersDone: 3},
	} {
		if steps[i] != want {
			t.Errorf("step %d is %+v, want %+v", i, steps[i], want)
		}
	}
}

func TestFollowPullOfLibpod(t *testing.T) {
	stream := `{"stream":"Trying to pull x...\n"}
{"stream":"Getting image source signatures\n"}
{"stream":"Copying blob sha256:aaaaaaaaaaaaaaaa\n"}
{"stream":"Copying blob sha256:bbbbbbbbbbbbbbbb\n"}
{"stream":"Copying config sha256:cccccccccccccccc\n"}
{"stream":"Writing manifest to image destination\n"}
{"images":["ddd"],"id":"ddd"}
`
	var last PullProgress
	if err := followPull(strings.NewReader(stream), "x", func(p PullProgress) { last = p }); err != nil {
		t.Fatal(err)
	}
	if last.Layers != 2 || last.LayersDone != 2 {
		t.Errorf("last step %+v", last)
	}
}

func TestFollowPullErrors(t *testing.T) {
	for name, test := range map[string]struct {
		stream string
		want   error
	}{
		"in the stream":     {`{"status":"Downloading"}` + "\n" + `{"errorDetail":{"message":"unauthorized: x"},"error":"unauthorized: x"}` + "\n", ErrUnauthorized},
		"of libpod":         {`{"error":"initializing source docker://x: reading manifest 1 in x: manifest unknown"}` + "\n", ErrNotFound},
		"cut off":           {`{"status":"Downl`, io.ErrUnexpectedEOF},
		"endless line":      {`{"status":"` + strings.Repeat("x", maxLine), errLineTooLong},
		"no space":          {`{"error":"write /var/lib: no space left on device"}` + "\n", ErrDiskFull},
		"overloaded":        {`{"error":"toomanyrequests: You have reached your pull rate limit"}` + "\n", ErrRegistry},
		"no such machine":   {`{"error":"no matching manifest for linux/arm/v6 in the manifest list entries"}` + "\n", ErrPlatform},
		"offline":           {`{"error":"Get \"https://registry.example.com/v2/\": dial tcp: lookup registry.example.com: no such host"}` + "\n", ErrOffline},
		"registry broken":   {`{"error":"received unexpected HTTP status: 500 Internal Server Error"}` + "\n", ErrRegistry},
		"connection broken": {`{"error":"read tcp 10.0.0.1:1->10.0.0.2:443: read: connection reset by peer"}` + "\n", ErrRegistry},
	} {
		if err := pullErr("x", followPull(strings.NewReader(test.stream), "x", nil)); !errors.Is(err, test.want) {
			t.Errorf("%s: %v isn't %v", name, err, test.want)
		}
	}
	if err := followPull(strings.NewReader("not JSON\n"), "x", nil); err == nil {
		t.Error("not JSON: no error")
	}
}

func FuzzPullStream(f *testing.F) {
	f.Add(dockerPullStream)
	f.Add(`{"status":"Downloading","progressDetail":{"current":-5,"total":-9223372036854775808},"id":"a"}` + "\n")
	f.Add(`{"status":"Downloading","progressDetail":{"current":9223372036854775807,"total":1},"id":"a"}` + "\n")
	f.Add(`{"stream":"Copying blob sha256:a\nb"}` + "\n")
	f.Fuzz(func(t *testing.T, stream string) {
		var last PullProgress
		_ = followPull(strings.NewReader(stream), "ref", func(p PullProgress) {
			if p.Current < last.Current || p.Total < last.Total || p.Current < 0 || p.LayersDone > p.Layers || p.Layers > maxLayers {
				t.Fatalf("%+v after %+v", p, last)
			}
			last = p
		})
	})
}
