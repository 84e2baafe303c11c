using AarenGen.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace AarenGen.AspNetCore.Http;

/// <summary>What the endpoints of a model's streams do.</summary>
internal sealed class HttpEndpoints<TModel>(StreamEndpointOptions options, IServiceProvider services)
    : EndpointBase(options, services, "token")
    where TModel : SequenceModel<TModel>, IModelDefinition<TModel>
{
    private readonly BuffersPool<HttpBuffers> pool = new(static () => new(
        SequenceModel<TModel>.Description.InputWidth, SequenceModel<TModel>.Description.OutputWidth));

    private IStreamService<TModel>? service;

    private IStreamService<TModel> Service => service ??= Services.GetRequiredService<IStreamService<TModel>>();

    /// <summary>The service throws where there are more than it ever takes.</summary>
    private int MaxTokens => Math.Min(Options.MaxTokensPerRequest, Service.MaxTokensPerCall);

    /// <summary>Adds the endpoints to a group.</summary>
    public RouteGroupBuilder Map(RouteGroupBuilder group)
    {
        var description = new EndpointDescription(Options.Name ?? typeof(TModel).Name, Options);
        description.Describe(group);
        description.StepMany(group.MapPost("", Guard(StepMany)));
        description.Step(group.MapPost("/{id}", Guard(Step)));
        description.Service(group.MapGet("", Guard(GetService)));
        description.Stream(group.MapGet("/{id}", Guard(GetStream)));
        description.Remove(group.MapDelete("/{id}", Guard(Remove)));
        description.Reset(group.MapPost("/{id}/reset", Guard(Reset)));
        description.Watch(group.MapGet("/{id}/events", Guard(Watch)));
        RefuseOthers(group, "", "GET, POST", takesBody: true);
        RefuseOthers(group, "/{id}", "GET, POST, DELETE", takesBody: true);
        RefuseOthers(group, "/{id}/reset", "POST");
        RefuseOthers(group, "/{id}/events", "GET");
        return group;
    }

    private async Task Step(HttpContext context)
    {
        string id = Id(context);
        using var memory = new RequestMemory(Budget);
        HttpBuffers buffers = pool.Rent();
        await RequestBody.ReadAsync(
            context, Options, memory, (id, buffers), static (body, state) => TokenParser.ReadOne(body, state.id, state.buffers.Steps))
            .ConfigureAwait(false);
        memory.Hold(buffers.NeededBytes);
        await buffers.Steps.StepAsync(Service, context.RequestAborted).ConfigureAwait(false);
        StepResult result = buffers.Steps.Results[0];
        if (!result.HasOutput)
        {
            pool.Return(buffers);
            throw Refused(result);
        }
        await JsonResponse.SendResultAsync(buffers, context).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task StepMany(HttpContext context)
    {
        using var memory = new RequestMemory(Budget);
        // After an exception somebody may still write the buffers, and they are not returned.
        HttpBuffers buffers = pool.Rent();
        await RequestBody.ReadAsync(
            context, Options, memory, (MaxTokens, buffers),
            static (body, state) => TokenParser.ReadMany(body, state.MaxTokens, state.buffers.Steps)).ConfigureAwait(false);
        // Here a request is refused, and not when its tokens are read.
        memory.Hold(buffers.NeededBytes);
        if (buffers.Steps.Count > 0)
        {
            await buffers.Steps.StepAsync(Service, context.RequestAborted).ConfigureAwait(false);
        }
        await JsonResponse.SendResultsAsync(buffers, context).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task GetStream(HttpContext context)
    {
        string id = Id(context);
        HttpBuffers buffers = pool.Rent();
        StreamInfo info = await Service.FindAsync(id, buffers.Steps.FirstOutput, context.RequestAborted).ConfigureAwait(false)
            ?? throw Unknown();
        await JsonResponse.SendStreamAsync(buffers, context, id, info, withOutput: info.Sequence > 0).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task Reset(HttpContext context)
    {
        string id = Id(context, after: 1);
        StreamInfo info = await Service.ResetAsync(id, context.RequestAborted).ConfigureAwait(false) ?? throw Unknown();
        HttpBuffers buffers = pool.Rent();
        await JsonResponse.SendStreamAsync(buffers, context, id, info, withOutput: false).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task Remove(HttpContext context)
    {
        if (await Service.RemoveAsync([Id(context)], context.RequestAborted).ConfigureAwait(false) == 0)
        {
            throw Unknown();
        }
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task GetService(HttpContext context)
    {
        StreamServiceInfo info = await Service.GetInfoAsync(context.RequestAborted).ConfigureAwait(false);
        HttpBuffers buffers = pool.Rent();
        var json = JsonResponse.Begin(buffers);
        json.WriteString("model"u8, SequenceModel<TModel>.Description.Name);
        json.WriteNumber("inputWidth"u8, SequenceModel<TModel>.Description.InputWidth);
        json.WriteNumber("outputWidth"u8, SequenceModel<TModel>.Description.OutputWidth);
        json.WriteString("weightFingerprint"u8, info.WeightFingerprint);
        json.WriteNumber("streams"u8, info.StreamCount);
        json.WriteNumber("pendingTokens"u8, info.PendingTokens);
        await JsonResponse.SendAsync(buffers, context).ConfigureAwait(false);
        pool.Return(buffers);
    }

    private async Task Watch(HttpContext context)
    {
        string id = Id(context, after: 1);
        await WatchAsync(
            context, async () => await Service.FindAsync(id, default, context.RequestAborted).ConfigureAwait(false) is not null,
            ended => Service.WatchAsync(id, Options.WatchCapacity, ended), static o => o.Sequence, JsonResponse.WriteEvent)
            .ConfigureAwait(false);
    }
}
