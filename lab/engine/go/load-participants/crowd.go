package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options is what all participants have in common.
type Options struct {
	URL, Address, Authority string
	Media                   []netip.Addr
	Audio, Video, LastN     int
}

// Report is what happened since the one before; times are in seconds, jitter in milliseconds.
type Report struct {
	People   int       `json:"people"`
	Gone     int       `json:"gone"`
	Joins    []float64 `json:"joins"`
	Failures []string  `json:"failures"`
	Seconds  float64   `json:"seconds"`
	Streams  int       `json:"streams"`
	Silent   int       `json:"silent"`
	Expected int64     `json:"expected"`
	Lost     int64     `json:"lost"`
	Jitter   float64   `json:"jitter"`
	Received int64     `json:"received"`
	Sent     int64     `json:"sent"`
	CPU      float64   `json:"cpu"`
}

// Crowd is everybody who is there.
type Crowd struct {
	options     Options
	web         *http.Transport
	certificate tls.Certificate
	fingerprint string
	sockets     []*socket
	mutex       sync.Mutex
	people      []*participant
	joins       []float64
	failures    []string
	since       time.Time
	used        float64
}

// NewCrowd prepares one that nobody is in.
func NewCrowd(options Options) (*Crowd, error) {
	host, err := url.Parse(options.URL)
	if err != nil || host.Hostname() == "" {
		return nil, fmt.Errorf("-url %s: must be https://NAME[:PORT]", options.URL)
	}
	made := &Crowd{options: options, since: time.Now(), used: processor()}
	if made.web, err = web(host, options); err != nil {
		return nil, err
	}
	if made.certificate, made.fingerprint, err = newCertificate(); err != nil {
		return nil, err
	}
	for range max(2, runtime.NumCPU()) {
		one, err := newSocket()
		if err != nil {
			return nil, err
		}
		made.sockets = append(made.sockets, one)
	}
	return made, nil
}

// Connections go to the addresses that were given, in turn; the name in TLS and in Host stays.
func web(host *url.URL, options Options) (*http.Transport, error) {
	trust := &tls.Config{ServerName: host.Hostname()}
	if options.Authority != "" {
		text, err := os.ReadFile(options.Authority)
		if err != nil {
			return nil, err
		}
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(text) {
			return nil, errors.New("-cacert: no certificate in " + options.Authority)
		}
	}
	addresses := strings.Split(options.Address, ",")
	var mutex sync.Mutex
	next := 0
	dial := func(ctx context.Context, network, given string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(given)
		if err != nil {
			return nil, err
		}
		mutex.Lock()
		address := addresses[next%len(addresses)]
		next++
		mutex.Unlock()
		return (&net.Dialer{Timeout: requestTimeout}).DialContext(ctx, network, net.JoinHostPort(address, port))
	}
	return &http.Transport{DialContext: dial, TLSClientConfig: trust, DisableKeepAlives: true}, nil
}

// Join lets somebody come; it returns at once.
func (c *Crowd) Join(where place) {
	go func() {
		began := time.Now()
		one, err := join(c, where.Room, where.Peer)
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if err != nil {
			c.failures = append(c.failures, err.Error())
			return
		}
		c.people = append(c.people, one)
		c.joins = append(c.joins, time.Since(began).Seconds())
	}()
}

// Report says what happened since the one before.
func (c *Crowd) Report() Report {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	now, used := time.Now(), processor()
	found := Report{
		People: len(c.people), Joins: c.joins, Failures: c.failures, Seconds: now.Sub(c.since).Seconds(), CPU: used - c.used,
	}
	c.joins, c.failures, c.since, c.used = nil, nil, now, used
	var jitter []float64
	for _, one := range c.people {
		select {
		case <-one.signal.gone:
			found.Gone++
		default:
		}
		expected, lost, bytes, each, silent := one.receive.streams.window()
		found.Expected += expected
		found.Lost += lost
		found.Silent += silent
		found.Received += bytes
		found.Sent += one.send.sent.Swap(0)
		jitter = append(jitter, each...)
	}
	sort.Float64s(jitter)
	found.Streams = len(jitter)
	if len(jitter) > 0 {
		found.Jitter = jitter[len(jitter)*95/100]
	}
	return found
}

// Leave has everybody go.
func (c *Crowd) Leave() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, one := range c.people {
		one.close()
	}
	time.Sleep(100 * time.Millisecond) // for what was said last
}

// Seconds of processor that this process took.
func processor() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func fingerprint(certificate []byte) string {
	sum := sha256.Sum256(certificate)
	return colons(sum[:])
}
