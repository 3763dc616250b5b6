package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Seconds until the server has let somebody in.
const entering = 20 * time.Second

type participant struct {
	crowd     *Crowd
	name      string
	signal    *signalling
	send      *transport
	receive   *transport
	ready     chan struct{}
	readyOnce sync.Once
	mutex     sync.Mutex
	videos    int
}

// Comes into a room as a browser does: page, signalling, two transports, its own audio and video.
func join(crowd *Crowd, room, name string) (*participant, error) {
	p := &participant{crowd: crowd, name: name, ready: make(chan struct{})}
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, Transport: crowd.web, Timeout: requestTimeout}
	page, err := client.Get(crowd.options.URL + "/" + room)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	_, _ = io.Copy(io.Discard, page.Body)
	_ = page.Body.Close()
	if page.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("page: HTTP %d", page.StatusCode)
	}
	dialer := &websocket.Dialer{
		Jar: jar, NetDialContext: crowd.web.DialContext, TLSClientConfig: crowd.web.TLSClientConfig,
		HandshakeTimeout: requestTimeout,
	}
	if p.signal, err = dialSignalling(dialer, crowd.options.URL, room, name); err != nil {
		return nil, err
	}
	p.signal.notice, p.signal.request = p.noticed, p.asked
	go p.signal.read()
	if err = p.enter(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *participant) enter() error {
	select {
	case <-p.ready:
	case <-p.signal.gone:
		return errors.New("signalling: the server ended the connection")
	case <-time.After(entering):
		return fmt.Errorf("signalling: no room in %s", entering)
	}
	var err error
	if p.send, err = p.transport(true); err != nil {
		return err
	}
	if p.receive, err = p.transport(false); err != nil {
		return err
	}
	var capabilities json.RawMessage
	if err := p.signal.ask("getRouterRtpCapabilities", map[string]any{}, &capabilities); err != nil {
		return err
	}
	paths := make(chan error, 2)
	for _, path := range []*transport{p.send, p.receive} {
		go func() { paths <- p.connect(path) }()
	}
	for range 2 {
		err = errors.Join(err, <-paths)
	}
	if err != nil {
		return err
	}
	joining := map[string]any{"displayName": p.name, "rtpCapabilities": capabilities}
	if err := p.signal.ask("join", joining, nil); err != nil {
		return err
	}
	source := newSource(p.crowd.options)
	for _, track := range source.tracks() {
		offered := map[string]any{
			"transportId": p.send.offer.ID, "kind": track.kind, "rtpParameters": track.parameters(),
			"appData": map[string]string{"source": track.source},
		}
		if err := p.signal.ask("produce", offered, nil); err != nil {
			return err
		}
	}
	go source.play(p.send)
	return nil
}

func (p *participant) transport(producing bool) (*transport, error) {
	var offer transportOffer
	asked := map[string]any{"forceTcp": false, "producing": producing, "consuming": !producing}
	if err := p.signal.ask("createWebRtcTransport", asked, &offer); err != nil {
		return nil, err
	}
	shared := p.crowd.sockets[rand.IntN(len(p.crowd.sockets))]
	return newTransport(offer, shared, p.crowd.options.Media)
}

func (p *participant) connect(path *transport) error {
	parameters := map[string]any{
		"role":         "client",
		"fingerprints": []map[string]string{{"algorithm": "sha-256", "value": p.crowd.fingerprint}},
	}
	asked := map[string]any{"transportId": path.offer.ID, "dtlsParameters": parameters}
	if err := p.signal.ask("connectWebRtcTransport", asked, nil); err != nil {
		return err
	}
	return path.connect(p.crowd.certificate)
}

func (p *participant) noticed(method string, data json.RawMessage) {
	switch method {
	case "roomReady", "roomBack":
		p.readyOnce.Do(func() { close(p.ready) })
	case "newConsumer": // 3.5 tells, where 3.4 asks
		if id, err := p.consume(data); err == nil && id != "" {
			go func() { _ = p.signal.ask("resumeConsumer", map[string]string{"consumerId": id}, nil) }()
		}
	}
}

func (p *participant) asked(method string, data json.RawMessage) error {
	if method != "newConsumer" {
		return nil
	}
	_, err := p.consume(data)
	return err
}

// Takes a stream, or leaves a video paused that is beyond the last N; the consumer to resume, for a video.
func (p *participant) consume(data json.RawMessage) (string, error) {
	var offered struct {
		ID            string `json:"id"`
		Kind          string `json:"kind"`
		RtpParameters struct {
			Encodings []struct {
				SSRC uint32 `json:"ssrc"`
			} `json:"encodings"`
		} `json:"rtpParameters"`
	}
	if err := json.Unmarshal(data, &offered); err != nil {
		return "", err
	}
	clock, id := float64(audioClock), ""
	if strings.EqualFold(offered.Kind, "video") {
		clock, id = videoClock, offered.ID
		p.mutex.Lock()
		p.videos++
		taken := p.videos <= p.crowd.options.LastN
		p.mutex.Unlock()
		if !taken {
			return "", errors.New("not among the last N")
		}
	}
	for _, encoding := range offered.RtpParameters.Encodings {
		p.receive.streams.expect(encoding.SSRC, clock)
	}
	return id, nil
}

func (p *participant) close() {
	for _, path := range []*transport{p.send, p.receive} {
		if path != nil {
			path.close()
		}
	}
	_ = p.signal.socket.Close()
}
