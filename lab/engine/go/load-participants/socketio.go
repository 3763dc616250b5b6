package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Seconds for an answer, as the browser's client has it.
const requestTimeout = 20 * time.Second

// Socket.io version 2 (Engine.io 3) over a websocket, as far as the meeting server uses it.
type signalling struct {
	socket  *websocket.Conn
	writing sync.Mutex
	mutex   sync.Mutex
	next    int
	answers map[int]chan answer
	notice  func(method string, data json.RawMessage)
	request func(method string, data json.RawMessage) error
	gone    chan struct{}
}

type answer struct {
	result json.RawMessage
	err    error
}

type message struct {
	Method string          `json:"method"`
	Data   json.RawMessage `json:"data"`
}

func dialSignalling(dialer *websocket.Dialer, base, room, peer string) (*signalling, error) {
	query := url.Values{"EIO": {"3"}, "transport": {"websocket"}, "roomId": {room}, "peerId": {peer}}
	address := "ws" + strings.TrimPrefix(base, "http") + "/socket.io/?" + query.Encode()
	socket, response, err := dialer.Dial(address, http.Header{})
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("signalling: HTTP %d", response.StatusCode)
		}
		return nil, fmt.Errorf("signalling: %w", err)
	}
	return &signalling{socket: socket, answers: map[int]chan answer{}, gone: make(chan struct{})}, nil
}

// Reads until the connection ends.
func (s *signalling) read() {
	defer close(s.gone)
	for {
		_, text, err := s.socket.ReadMessage()
		if err != nil {
			return
		}
		s.take(string(text))
	}
}

func (s *signalling) take(text string) {
	switch {
	case strings.HasPrefix(text, "0"):
		var opened struct {
			PingInterval int `json:"pingInterval"`
		}
		if json.Unmarshal([]byte(text[1:]), &opened) == nil && opened.PingInterval > 0 {
			go s.ping(time.Duration(opened.PingInterval) * time.Millisecond)
		}
	case strings.HasPrefix(text, "42"):
		number, body := split(text[2:])
		s.event(number, body)
	case strings.HasPrefix(text, "43"):
		number, body := split(text[2:])
		id, _ := strconv.Atoi(number)
		s.acknowledged(id, body)
	}
}

func (s *signalling) event(number, body string) {
	var parts []json.RawMessage
	var name string
	var said message
	if json.Unmarshal([]byte(body), &parts) != nil || len(parts) < 2 || json.Unmarshal(parts[0], &name) != nil {
		return
	}
	if json.Unmarshal(parts[1], &said) != nil {
		return
	}
	if name == "notification" {
		s.notice(said.Method, said.Data)
		return
	}
	reply := "[null]"
	if err := s.request(said.Method, said.Data); err != nil {
		text, _ := json.Marshal([]string{err.Error()})
		reply = string(text)
	}
	_ = s.write("43" + number + reply)
}

func (s *signalling) acknowledged(id int, body string) {
	s.mutex.Lock()
	waiting := s.answers[id]
	delete(s.answers, id)
	s.mutex.Unlock()
	if waiting == nil {
		return
	}
	var parts []json.RawMessage
	_ = json.Unmarshal([]byte(body), &parts)
	var found answer
	if len(parts) > 0 && string(parts[0]) != "null" {
		found.err = errors.New(string(parts[0]))
	}
	if len(parts) > 1 {
		found.result = parts[1]
	}
	waiting <- found
}

// Ask asks the server for something and takes its answer into result, unless that is nil.
func (s *signalling) ask(method string, data, result any) error {
	waiting := make(chan answer, 1)
	s.mutex.Lock()
	id := s.next
	s.next++
	s.answers[id] = waiting
	s.mutex.Unlock()
	text, err := json.Marshal([]any{"request", map[string]any{"method": method, "data": data}})
	if err != nil {
		return err
	}
	if err := s.write("42" + strconv.Itoa(id) + string(text)); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	select {
	case found := <-waiting:
		if found.err != nil {
			return fmt.Errorf("%s: %w", method, found.err)
		}
		if result == nil {
			return nil
		}
		return json.Unmarshal(found.result, result)
	case <-s.gone:
		return fmt.Errorf("%s: the connection ended", method)
	case <-time.After(requestTimeout):
		return fmt.Errorf("%s: no answer in %s", method, requestTimeout)
	}
}

func (s *signalling) ping(interval time.Duration) {
	for {
		select {
		case <-s.gone:
			return
		case <-time.After(interval):
			_ = s.write("2")
		}
	}
}

func (s *signalling) write(text string) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.socket.WriteMessage(websocket.TextMessage, []byte(text))
}

func split(text string) (number, body string) {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	return text[:end], text[end:]
}
