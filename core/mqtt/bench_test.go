package mqtt

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"edged/core/report"
	"edged/test/lab"
)

// All that there is to say of 100 services, from the first Put to the last acknowledgement at the broker.
func BenchmarkHundredServices(b *testing.B) {
	url := mosquitto(b, lab.MosquittoOptions{}).URL()
	e := run(b, Config{URLs: []string{url}})
	seen := lab.Subscribe(b, url, "te/#")
	seen.WaitTopic(b, patience, own+"/status/health", "up")
	twin := map[string]string{"containerId": strings.Repeat("0", 64), "image": "registry.example/some/image:1.2.3", "ports": "0.0.0.0:80->80/tcp",
		"command": strings.Repeat("x", 100), "networks": "bridge", "filesystem": "1.2MB (virtual 100MB)"}
	round := 0
	for b.Loop() {
		round++
		for i := range 100 {
			name := fmt.Sprint("service", i)
			e.Put(report.Service{Name: name, Type: "container"})
			e.Put(report.Twin{Service: name, Fragment: "container", Value: twin})
			e.Put(report.Health{Service: name, Status: report.Up, Time: time.Now()})
		}
		mark := fmt.Sprint("round", round)
		e.Put(report.Event{Type: mark})
		seen.WaitTopic(b, patience, own+"/e/"+mark, "")
	}
}

// From Put to the bytes at the far end of a socket.
func BenchmarkPutToSocket(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	arrived := make(chan struct{})
	go echo(l, arrived)
	e := run(b, Config{URLs: []string{"mqtt://" + l.Addr().String()}})
	waitFor(b, func() bool { return len(e.all()) > 0 })
	b.ReportAllocs()
	for b.Loop() {
		e.Put(report.Health{Service: "web", Status: report.Up})
		<-arrived
	}
}

// echo is a broker that welcomes and acknowledges, and tells of each health of web.
func echo(l net.Listener, arrived chan<- struct{}) {
	conn, err := l.Accept()
	if err != nil {
		return
	}
	defer conn.Close()
	io.WriteString(conn, "\x20\x02\x00\x00")
	buffer := make([]byte, 64<<10)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if strings.Contains(string(buffer[:n]), own+"/cmd/+/+") {
			io.WriteString(conn, "\x90\x03\x00\x01\x01") // the first packet with an id is the subscription
		}
		if at := strings.Index(string(buffer[:n]), web+"/status/health"); at >= 0 {
			id := buffer[at+len(web+"/status/health"):]
			arrived <- struct{}{}
			conn.Write([]byte{0x40, 2, id[0], id[1]})
		}
	}
}
