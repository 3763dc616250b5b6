package main

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
)

// How many packets are taken from the system at a time, and what it keeps until then.
const (
	batch      = 64
	bufferSize = 8 << 20
	longest    = 1600
)

// One UDP socket for the transports of many participants: each has a port of its own at the SFU, by which packets are
// told apart. A socket for each would cost a wake-up for every packet.
type socket struct {
	conn   *net.UDPConn
	mutex  sync.RWMutex
	routes map[netip.AddrPort]*transport
}

func newSocket() (*socket, error) {
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(bufferSize) // the system may allow less
	_ = conn.SetWriteBuffer(bufferSize)
	made := &socket{conn: conn, routes: map[netip.AddrPort]*transport{}}
	go made.read()
	return made, nil
}

func (s *socket) route(to netip.AddrPort, t *transport) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.routes[to] = t
}

func (s *socket) forget(to netip.AddrPort) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.routes, to)
}

func (s *socket) send(packet []byte, to netip.AddrPort) {
	_, _ = s.conn.WriteToUDPAddrPort(packet, to)
}

func (s *socket) read() {
	packets := ipv4.NewPacketConn(s.conn)
	messages := make([]ipv4.Message, batch)
	for i := range messages {
		messages[i].Buffers = [][]byte{make([]byte, longest)}
	}
	for {
		count, err := packets.ReadBatch(messages, 0)
		if err != nil {
			return
		}
		now := time.Now()
		for _, one := range messages[:count] {
			from, ok := one.Addr.(*net.UDPAddr)
			if !ok {
				continue
			}
			address := from.AddrPort()
			s.mutex.RLock()
			to := s.routes[netip.AddrPortFrom(address.Addr().Unmap(), address.Port())]
			s.mutex.RUnlock()
			if to != nil && one.N > 0 {
				to.take(one.Buffers[0][:one.N], now)
			}
		}
	}
}
