package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	"github.com/pion/srtp/v3"
	"github.com/pion/stun/v4"
)

const (
	connecting = 15 * time.Second // for ICE, then for DTLS
	consent    = 5 * time.Second  // between two proofs that the participant still wants media (RFC 7675)
	retry      = 200 * time.Millisecond
)

// What the server says of a transport that it made.
type transportOffer struct {
	ID            string `json:"id"`
	IceParameters struct {
		UsernameFragment string `json:"usernameFragment"`
		Password         string `json:"password"`
	} `json:"iceParameters"`
	IceCandidates []struct {
		IP       string `json:"ip"`
		Port     uint16 `json:"port"`
		Protocol string `json:"protocol"`
	} `json:"iceCandidates"`
}

// One WebRTC transport to the SFU, which is ICE-lite: the participant asks it, and is asked nothing.
type transport struct {
	offer     transportOffer
	socket    *socket
	to        netip.AddrPort
	bound     chan struct{}
	once      sync.Once
	handshake chan []byte
	out       *srtp.Context
	reports   *srtp.Context
	secure    *dtls.Conn
	streams   *streams
	sent      atomic.Int64 // bytes
	left      chan struct{}
}

func newTransport(offer transportOffer, shared *socket, allowed []netip.Addr) (*transport, error) {
	for _, candidate := range offer.IceCandidates {
		address, err := netip.ParseAddr(candidate.IP)
		if err != nil || candidate.Protocol != "udp" {
			continue
		}
		if !slices.Contains(allowed, address) {
			return nil, fmt.Errorf("the server offers %s for media, which is none of the stacks' addresses", address)
		}
		made := &transport{
			offer: offer, socket: shared, to: netip.AddrPortFrom(address, candidate.Port), bound: make(chan struct{}),
			handshake: make(chan []byte, 64), streams: newStreams(), left: make(chan struct{}),
		}
		shared.route(made.to, made)
		return made, nil
	}
	return nil, errors.New("the server offers no address for media by UDP")
}

// Takes a packet; it is overwritten afterwards.
func (t *transport) take(packet []byte, now time.Time) {
	switch first := packet[0]; {
	case first >= 128 && first < 192:
		t.streams.take(packet, now)
	case first >= 20 && first < 64:
		select {
		case t.handshake <- append([]byte(nil), packet...):
		default: // DTLS sends it again
		}
	case first < 4 && stun.IsMessage(packet) && binary.BigEndian.Uint16(packet) == uint16(stun.BindingSuccess.Value()):
		t.once.Do(func() { close(t.bound) })
	}
}

// Opens the path: ICE, then DTLS, whose keys are SRTP's.
func (t *transport) connect(certificate tls.Certificate) error {
	deadline := time.After(connecting)
	for asking := true; asking; {
		t.bind()
		select {
		case <-t.bound:
			asking = false
		case <-deadline:
			return fmt.Errorf("ICE: %s did not answer in %s", t.to, connecting)
		case <-time.After(retry):
		}
	}
	config := &dtls.Config{
		Certificates:           []tls.Certificate{certificate},
		InsecureSkipVerify:     true, // the SFU's certificate is its own; signalling vouches for it
		ExtendedMasterSecret:   dtls.RequireExtendedMasterSecret,
		SRTPProtectionProfiles: []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM, dtls.SRTP_AES128_CM_HMAC_SHA1_80},
	}
	secure, err := dtls.Client(&pipe{t}, net.UDPAddrFromAddrPort(t.to), config)
	if err != nil {
		return fmt.Errorf("DTLS: %w", err)
	}
	limited, cancel := context.WithTimeout(context.Background(), connecting)
	defer cancel()
	if err := secure.HandshakeContext(limited); err != nil {
		return fmt.Errorf("DTLS with %s: %w", t.to, err)
	}
	t.secure = secure
	go t.stay()
	return t.keys()
}

func (t *transport) keys() error {
	state, ok := t.secure.ConnectionState()
	chosen, found := t.secure.SelectedSRTPProtectionProfile()
	if !ok || !found {
		return errors.New("DTLS: no profile for SRTP")
	}
	config := &srtp.Config{Profile: srtp.ProtectionProfile(chosen)}
	if err := config.ExtractSessionKeysFromDTLS(&state, true); err != nil {
		return err
	}
	var err error
	if t.out, err = srtp.CreateContext(config.Keys.LocalMasterKey, config.Keys.LocalMasterSalt, config.Profile); err != nil {
		return err
	}
	t.reports, err = srtp.CreateContext(config.Keys.LocalMasterKey, config.Keys.LocalMasterSalt, config.Profile)
	return err
}

// Says again and again that the participant is there, and what it received.
func (t *transport) stay() {
	ticker := time.NewTicker(consent)
	defer ticker.Stop()
	for {
		select {
		case <-t.left:
			return
		case <-ticker.C:
			t.bind()
			if report := t.streams.report(); report != nil {
				if packet, err := t.reports.EncryptRTCP(nil, report, nil); err == nil {
					t.socket.send(packet, t.to)
				}
			}
		}
	}
}

func (t *transport) bind() {
	priority := make([]byte, 4)
	binary.BigEndian.PutUint32(priority, 1<<24)
	tie := make([]byte, 8)
	_, _ = rand.Read(tie)
	asked, err := stun.Build(
		stun.TransactionID, stun.BindingRequest,
		stun.NewUsername(t.offer.IceParameters.UsernameFragment+":load"),
		stun.RawAttribute{Type: stun.AttrPriority, Value: priority},
		stun.RawAttribute{Type: stun.AttrICEControlling, Value: tie},
		stun.RawAttribute{Type: stun.AttrUseCandidate},
		stun.NewShortTermIntegrity(t.offer.IceParameters.Password), stun.Fingerprint,
	)
	if err == nil {
		t.socket.send(asked.Raw, t.to)
	}
}

// Sends one RTP packet; buffer is used for it.
func (t *transport) write(buffer, packet []byte) []byte {
	sealed, err := t.out.EncryptRTP(buffer[:0], packet, nil)
	if err != nil {
		return buffer
	}
	t.socket.send(sealed, t.to)
	t.sent.Add(int64(len(sealed)))
	return sealed
}

func (t *transport) close() {
	close(t.left)
	t.socket.forget(t.to)
	if t.secure != nil {
		_ = t.secure.Close()
	}
}

// What DTLS takes for its connection.
type pipe struct{ *transport }

func (p *pipe) ReadFrom(into []byte) (int, net.Addr, error) {
	select {
	case packet := <-p.handshake:
		return copy(into, packet), net.UDPAddrFromAddrPort(p.to), nil
	case <-p.left:
		return 0, nil, net.ErrClosed
	}
}

func (p *pipe) WriteTo(packet []byte, _ net.Addr) (int, error) {
	p.socket.send(packet, p.to)
	return len(packet), nil
}

func (p *pipe) Close() error                     { return nil }
func (p *pipe) LocalAddr() net.Addr              { return p.socket.conn.LocalAddr() }
func (p *pipe) SetDeadline(time.Time) error      { return nil }
func (p *pipe) SetReadDeadline(time.Time) error  { return nil }
func (p *pipe) SetWriteDeadline(time.Time) error { return nil }

// One certificate for all: the SFU looks at nothing but its fingerprint.
func newCertificate() (tls.Certificate, string, error) {
	made, err := selfsign.GenerateSelfSigned()
	if err != nil {
		return made, "", err
	}
	return made, fingerprint(made.Certificate[0]), nil
}

// As SDP has it: the SFU compares letters.
func colons(sum []byte) string {
	text := strings.ToUpper(hex.EncodeToString(sum))
	parts := make([]byte, 0, len(text)*3/2)
	for i := 0; i < len(text); i += 2 {
		if i > 0 {
			parts = append(parts, ':')
		}
		parts = append(parts, text[i], text[i+1])
	}
	return string(parts)
}
