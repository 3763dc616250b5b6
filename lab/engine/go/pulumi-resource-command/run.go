package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// run is one operation on one command resource.
type run struct {
	provider *commandProvider
	urn      resource.URN
	inputs   resource.PropertyMap
	previous resource.PropertyMap
	preview  bool
}

// task is what a runner, local or remote, needs to know.
type task struct {
	inputs
	command     string
	environment map[string]string
	stdout      *output
	stderr      *output
	say         func(string)
}

// of runs the first of the named commands that is set, and returns the state: the inputs with what was written.
func (r run) of(names ...string) (resource.PropertyMap, error) {
	state := r.inputs.Copy()
	for _, key := range []resource.PropertyKey{"stdout", "stderr"} {
		if old, kept := r.previous[key]; kept {
			state[key] = old
		} else {
			state[key] = resource.NewProperty("")
		}
	}
	if r.preview {
		state["stdout"] = r.guarded(resource.MakeComputed(resource.NewProperty("")))
		state["stderr"] = r.guarded(resource.MakeComputed(resource.NewProperty("")))
		return state, nil
	}
	in, err := decode(r.inputs)
	if err != nil {
		return nil, err
	}
	command := in.command(names)
	if command == nil {
		return state, nil
	}
	task, err := r.task(in, *command)
	if err != nil {
		return nil, err
	}
	if err := r.runner()(r.provider.alive, task); err != nil {
		return nil, task.explain(err)
	}
	state["stdout"] = r.guarded(resource.NewProperty(task.stdout.text()))
	state["stderr"] = r.guarded(resource.NewProperty(task.stderr.text()))
	return state, nil
}

func (r run) runner() func(context.Context, task) error {
	if r.urn.Type() == remoteCommand {
		return runRemote
	}
	return runLocal
}

func (r run) task(in inputs, command string) (task, error) {
	environment := map[string]string{}
	for key, value := range in.Environment {
		environment[key] = value
	}
	if r.previous != nil && (in.AddPreviousOutputInEnv == nil || *in.AddPreviousOutputInEnv) {
		before, err := decode(r.previous)
		if err != nil {
			return task{}, err
		}
		environment["PULUMI_COMMAND_STDOUT"] = before.Stdout
		environment["PULUMI_COMMAND_STDERR"] = before.Stderr
	}
	say := func(line string) { _ = r.provider.host.Log(r.provider.alive, diag.Info, r.urn, line) }
	stdout, stderr := &output{}, &output{}
	if !r.secret() {
		logging := "stdoutAndStderr"
		if in.Logging != nil {
			logging = *in.Logging
		}
		if logging == "stdout" || logging == "stdoutAndStderr" {
			stdout.say = say
		}
		if logging == "stderr" || logging == "stdoutAndStderr" {
			stderr.say = say
		}
	}
	status := func(line string) { _ = r.provider.host.LogStatus(r.provider.alive, diag.Info, r.urn, line) }
	return task{inputs: in, command: command, environment: environment, stdout: stdout, stderr: stderr, say: status}, nil
}

// secret tells whether what is written may show a secret: one went in. The connection's own secrets stay out of the
// command's reach.
func (r run) secret() bool {
	for key, value := range r.inputs {
		if key != "connection" && value.ContainsSecrets() {
			return true
		}
	}
	return false
}

func (r run) guarded(value resource.PropertyValue) resource.PropertyValue {
	if r.secret() {
		return resource.MakeSecret(value)
	}
	return value
}

// explain adds the end of what the command said to why it failed.
func (t task) explain(err error) error {
	var unreached *unreachableError
	if errors.As(err, &unreached) {
		return err
	}
	for _, said := range []struct {
		stream string
		text   string
	}{{"stderr", t.stderr.tail()}, {"stdout", t.stdout.tail()}} {
		if strings.TrimSpace(said.text) != "" {
			return fmt.Errorf("the command failed: %w; its %s ends with:\n%s", err, said.stream, said.text)
		}
	}
	return fmt.Errorf("the command failed: %w; it wrote nothing", err)
}
