package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

const (
	firstPause = time.Second
	lastPause  = 15 * time.Second
)

// unreachableError says that the command was never started.
type unreachableError struct{ cause error }

func (e *unreachableError) Error() string { return e.cause.Error() }
func (e *unreachableError) Unwrap() error { return e.cause }

// runRemote runs a command over SSH, through the proxy if one is given.
func runRemote(ctx context.Context, task task) error {
	if task.Connection == nil {
		return &unreachableError{errors.New("connection: missing")}
	}
	client, err := reach(ctx, task)
	if err != nil {
		return &unreachableError{err}
	}
	defer client.Close()
	defer context.AfterFunc(ctx, func() { client.Close() })()
	session, err := client.NewSession()
	if err != nil {
		return &unreachableError{err}
	}
	defer session.Close()
	for key, value := range task.environment {
		if err := session.Setenv(key, value); err != nil {
			return &unreachableError{fmt.Errorf("the SSH server refuses the environment variable %s: "+
				"its AcceptEnv must name it, or set addPreviousOutputInEnv to false: %w", key, err)}
		}
	}
	if task.Stdin != nil {
		session.Stdin = strings.NewReader(*task.Stdin)
	}
	session.Stdout, session.Stderr = task.stdout, task.stderr
	err = session.Run(task.command)
	task.stdout.finish()
	task.stderr.finish()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		return nil // the command succeeded and left some of its standard input unread
	}
	return err
}

// reach connects to the endpoint, by way of the proxy if there is one.
func reach(ctx context.Context, task task) (*ssh.Client, error) {
	target, dial := task.Connection.endpoint, direct
	var proxy *ssh.Client
	if task.Connection.Proxy != nil {
		var err error
		if proxy, err = persist(ctx, *task.Connection.Proxy, direct, task.say); err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
		dial = through(proxy)
	}
	client, err := persist(ctx, target, dial, task.say)
	if proxy != nil {
		if err != nil {
			proxy.Close()
			return nil, err
		}
		// The proxy's connection carries the other one and ends with it.
		go func() {
			_ = client.Wait()
			proxy.Close()
		}()
	}
	return client, err
}

// persist connects, again and again with growing pauses, until the endpoint's limit of errors.
func persist(ctx context.Context, to endpoint, dial dialer, say func(string)) (*ssh.Client, error) {
	config, err := to.clientConfig()
	if err != nil {
		return nil, err
	}
	limit := 10
	if to.DialErrorLimit != nil {
		limit = *to.DialErrorLimit
	}
	pause := firstPause
	for failures := 1; ; failures++ {
		client, err := connect(ctx, to, config, dial)
		if err == nil {
			return client, nil
		}
		if limit >= 0 && failures >= limit {
			return nil, fmt.Errorf("no SSH connection to %s after %d attempts: %w", to.address(), failures, err)
		}
		say(fmt.Sprintf("connecting to %s: attempt %d failed: %v", to.address(), failures, err))
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
			pause = min(pause*3/2, lastPause)
		}
	}
}
