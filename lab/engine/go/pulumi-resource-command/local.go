package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// runLocal runs a command on this machine. Its standard input comes through a pipe: unlike an argument, it is in no
// list of processes.
func runLocal(ctx context.Context, task task) error {
	interpreter := task.Interpreter
	if len(interpreter) == 0 {
		interpreter = []string{"/bin/sh", "-c"}
	}
	arguments := append(interpreter[1:len(interpreter):len(interpreter)], task.command)
	process := exec.CommandContext(ctx, interpreter[0], arguments...)
	process.Dir = task.Dir
	process.Env = os.Environ()
	for key, value := range task.environment {
		process.Env = append(process.Env, key+"="+value)
	}
	if task.Stdin != nil {
		process.Stdin = strings.NewReader(*task.Stdin)
	}
	process.Stdout, process.Stderr = task.stdout, task.stderr
	// A group of its own, so that an interruption ends what the shell started as well.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGTERM) }
	err := process.Run()
	task.stdout.finish()
	task.stderr.finish()
	return err
}
