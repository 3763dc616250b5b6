package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// dialer opens the transport below SSH: from here, or from a proxy.
type dialer func(ctx context.Context, address string) (net.Conn, error)

func direct(ctx context.Context, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", address)
}

func through(proxy *ssh.Client) dialer {
	return func(ctx context.Context, address string) (net.Conn, error) {
		return proxy.DialContext(ctx, "tcp", address)
	}
}

// connect makes one attempt, handshake included, within the endpoint's time: a server that accepts and then keeps
// silent must not hold an attempt for ever.
func connect(ctx context.Context, to endpoint, config *ssh.ClientConfig, dial dialer) (*ssh.Client, error) {
	seconds := 15
	if to.PerDialTimeout != nil {
		seconds = *to.PerDialTimeout
	}
	if seconds > 0 {
		limited, cancel := context.WithTimeout(ctx, time.Duration(seconds)*time.Second)
		defer cancel()
		ctx = limited
	}
	transport, err := dial(ctx, to.address())
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { transport.Close() })
	connection, channels, requests, err := ssh.NewClientConn(transport, to.address(), config)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		transport.Close()
		return nil, err
	}
	return ssh.NewClient(connection, channels, requests), nil
}

func (e endpoint) address() string {
	port := 22
	if e.Port != nil {
		port = int(*e.Port)
	}
	return net.JoinHostPort(e.Host, strconv.Itoa(port))
}

func (e endpoint) clientConfig() (*ssh.ClientConfig, error) {
	config := &ssh.ClientConfig{User: "root"}
	if e.User != nil {
		config.User = *e.User
	}
	if err := e.verification(config); err != nil {
		return nil, err
	}
	signers, err := e.signers()
	if err != nil {
		return nil, err
	}
	config.Auth = append(config.Auth, ssh.PublicKeysCallback(signers))
	if e.Password != "" {
		config.Auth = append(config.Auth, ssh.Password(e.Password))
	}
	return config, nil
}

// verification checks the server's key when one is given; an empty one is a key that somebody did not find. Then only its own kind is offered in the handshake: a server
// with several keys would else be free to show another one.
func (e endpoint) verification(config *ssh.ClientConfig) error {
	if e.HostKey == nil {
		config.HostKeyCallback = ssh.InsecureIgnoreHostKey() //nolint:gosec // documented: no key, no verification
		return nil
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(*e.HostKey))
	if err != nil {
		return fmt.Errorf("hostKey: %w", err)
	}
	config.HostKeyCallback = ssh.FixedHostKey(key)
	config.HostKeyAlgorithms = []string{key.Type()}
	if key.Type() == ssh.KeyAlgoRSA {
		config.HostKeyAlgorithms = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return nil
}

// signers are the given key, then those of the agent: one method for SSH, which tries each method only once.
func (e endpoint) signers() (func() ([]ssh.Signer, error), error) {
	var own []ssh.Signer
	if e.PrivateKey != "" {
		signer, err := e.ownSigner()
		if err != nil {
			return nil, fmt.Errorf("privateKey: %w", err)
		}
		own = append(own, signer)
	}
	socket := e.AgentSocketPath
	if socket == "" {
		socket = os.Getenv("SSH_AUTH_SOCK")
	}
	return func() ([]ssh.Signer, error) {
		if socket == "" {
			return own, nil
		}
		speaking, err := net.Dial("unix", socket)
		if err != nil {
			return own, nil // an agent that is not there adds no key
		}
		held, err := agent.NewClient(speaking).Signers()
		return append(own, held...), err
	}, nil
}

func (e endpoint) ownSigner() (ssh.Signer, error) {
	if e.PrivateKeyPassword != "" {
		return ssh.ParsePrivateKeyWithPassphrase([]byte(e.PrivateKey), []byte(e.PrivateKeyPassword))
	}
	return ssh.ParsePrivateKey([]byte(e.PrivateKey))
}
