package lab

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const healthRetry = 100 * time.Millisecond // between two tries to reach a service that is away

// healthTimers runs the health checks of Podman's containers. Podman itself only knows how to run one; it makes a
// systemd timer per container that does so at once and then at the check's interval. A lab has no systemd.
type healthTimers struct {
	api    engineAPI
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func startHealthTimers(api engineAPI) *healthTimers {
	ctx, cancel := context.WithCancel(context.Background())
	h := &healthTimers{api: api, cancel: cancel}
	h.wg.Go(func() { h.follow(ctx) })
	return h
}

func (h *healthTimers) stop() {
	h.cancel()
	h.wg.Wait()
}

// follow keeps one timer for each container that started; the service may be killed and come back.
func (h *healthTimers) follow(ctx context.Context) {
	timers := map[string]context.CancelFunc{}
	defer func() {
		for _, cancel := range timers {
			cancel()
		}
	}()
	started := func(id string) {
		if cancel, ok := timers[id]; ok {
			cancel()
		}
		timer, cancel := context.WithCancel(ctx)
		timers[id] = cancel
		h.wg.Go(func() { h.check(timer, id) })
	}
	for ctx.Err() == nil {
		_ = h.listen(ctx, started) // it ends with the service; the next round tries again
		wait(ctx, healthRetry)
	}
}

// listen calls started for every container that runs now or starts while the stream lasts.
func (h *healthTimers) listen(ctx context.Context, started func(id string)) error {
	filters := url.QueryEscape(`{"type":["container"],"event":["start"]}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/events?filters="+filters, nil)
	if err != nil {
		return err
	}
	resp, err := h.api.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	running, err := h.api.containers(ctx, false)
	if err != nil {
		return err
	}
	for _, id := range running {
		started(id)
	}
	for events := json.NewDecoder(resp.Body); ; {
		var event struct{ Actor struct{ ID string } }
		if err := events.Decode(&event); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		started(event.Actor.ID)
	}
}

// check runs the container's health check at its interval until the container ends, which the service answers with an
// error.
func (h *healthTimers) check(ctx context.Context, id string) {
	interval, err := h.interval(ctx, id)
	if err != nil || interval == 0 {
		return
	}
	for ctx.Err() == nil {
		if _, err := h.api.call(ctx, http.MethodGet, "/v4.0.0/libpod/containers/"+id+"/healthcheck", nil); err != nil {
			return
		}
		wait(ctx, interval)
	}
}

// interval is zero for a container without a health check.
func (h *healthTimers) interval(ctx context.Context, id string) (time.Duration, error) {
	body, err := h.api.call(ctx, http.MethodGet, "/v4.0.0/libpod/containers/"+id+"/json", nil)
	if err != nil {
		return 0, err
	}
	var container struct {
		Config struct{ Healthcheck *Healthcheck }
	}
	if err := json.Unmarshal(body, &container); err != nil || container.Config.Healthcheck == nil {
		return 0, err
	}
	if check := container.Config.Healthcheck; len(check.Test) > 0 && check.Test[0] != "NONE" {
		return check.Interval, nil
	}
	return 0, nil
}

// wait returns after d, or when ctx is done.
func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
