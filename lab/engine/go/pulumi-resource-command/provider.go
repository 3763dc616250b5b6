package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
)

// commandProvider is the plugin's side of the engine's protocol; every run of a command ends when `alive` does.
type commandProvider struct {
	plugin.UnimplementedProvider

	host  *provider.HostClient
	alive context.Context
	stop  context.CancelFunc
}

func newCommandProvider(host *provider.HostClient) *commandProvider {
	alive, stop := context.WithCancel(context.Background())
	return &commandProvider{host: host, alive: alive, stop: stop}
}

func (p *commandProvider) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true, AcceptResources: true, AcceptOutputs: false}, nil
}

func (p *commandProvider) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	parsed, err := semver.Parse(version)
	return plugin.PluginInfo{Version: &parsed}, err
}

func (p *commandProvider) GetSchema(context.Context, plugin.GetSchemaRequest) (plugin.GetSchemaResponse, error) {
	schema, err := json.Marshal(map[string]string{"name": name, "version": version})
	return plugin.GetSchemaResponse{Schema: schema}, err
}

func (p *commandProvider) CheckConfig(
	_ context.Context, request plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	return plugin.CheckConfigResponse{Properties: request.News}, nil
}

func (p *commandProvider) DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return plugin.DiffResult{Changes: plugin.DiffNone}, nil
}

func (p *commandProvider) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}

// SignalCancellation ends what runs: the engine was interrupted.
func (p *commandProvider) SignalCancellation(context.Context) error {
	p.stop()
	return nil
}

func (p *commandProvider) Close() error {
	p.stop()
	return nil
}

// Check refuses what this plugin would otherwise silently leave out.
func (p *commandProvider) Check(_ context.Context, request plugin.CheckRequest) (plugin.CheckResponse, error) {
	known, ok := knownInputs[request.Type]
	if !ok {
		return plugin.CheckResponse{}, fmt.Errorf("%s is not part of this build of the command plugin", request.Type)
	}
	response := plugin.CheckResponse{Properties: request.News}
	for key := range request.News {
		if !known[string(key)] && !strings.HasPrefix(string(key), "__") {
			response.Failures = append(response.Failures, plugin.CheckFailure{
				Property: key, Reason: "this build of the command plugin does not know it",
			})
		}
	}
	return response, nil
}

// Diff compares values, not their wrapping: an input that became secret, or ceased to be, runs nothing.
// A value that is not known yet counts as changed.
func (p *commandProvider) Diff(_ context.Context, request plugin.DiffRequest) (plugin.DiffResult, error) {
	changed := plainMap(request.OldInputs).Diff(plainMap(request.NewInputs))
	if changed == nil {
		return plugin.DiffResult{Changes: plugin.DiffNone}, nil
	}
	detailed := map[string]plugin.PropertyDiff{}
	for path, difference := range plugin.NewDetailedDiffFromObjectDiff(changed, true) {
		input, _, inside := strings.Cut(path, ".")
		switch {
		case path == "triggers" || strings.HasPrefix(path, "triggers["):
			difference.Kind = difference.Kind.AsReplace()
			detailed[path] = difference
		case inside:
			// The CLI shows a change inside a map only when the map as a whole is named.
			detailed[input] = plugin.PropertyDiff{Kind: plugin.DiffUpdate, InputDiff: true}
		default:
			detailed[path] = difference
		}
	}
	return plugin.DiffResult{Changes: plugin.DiffSome, DetailedDiff: detailed}, nil
}

func (p *commandProvider) Create(_ context.Context, request plugin.CreateRequest) (plugin.CreateResponse, error) {
	suffix := make([]byte, 4)
	if _, err := rand.Read(suffix); err != nil {
		return plugin.CreateResponse{}, err
	}
	id := resource.ID(request.URN.Name() + hex.EncodeToString(suffix))
	creation := run{provider: p, urn: request.URN, inputs: request.Properties, preview: request.Preview}
	state, err := creation.of("create")
	return plugin.CreateResponse{ID: id, Properties: state}, err
}

func (p *commandProvider) Update(_ context.Context, request plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	change := run{
		provider: p, urn: request.URN, inputs: request.NewInputs, previous: request.OldOutputs, preview: request.Preview,
	}
	state, err := change.of("update", "create")
	return plugin.UpdateResponse{Properties: state}, err
}

// Delete works from the state: the program that knew the inputs may be gone.
func (p *commandProvider) Delete(_ context.Context, request plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	deletion := run{provider: p, urn: request.URN, inputs: request.Outputs, previous: request.Outputs}
	_, err := deletion.of("delete")
	return plugin.DeleteResponse{}, err
}

// Read reports the state as it is: what a command did cannot be looked up.
func (p *commandProvider) Read(_ context.Context, request plugin.ReadRequest) (plugin.ReadResponse, error) {
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: request.ID, Inputs: request.Inputs, Outputs: request.State,
	}}, nil
}
