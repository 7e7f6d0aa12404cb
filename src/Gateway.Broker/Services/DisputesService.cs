using System.Net;
using Gateway.Broker.Access;
using Gateway.Broker.Disputes;
using Gateway.Broker.Sequencing;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Objections to records.</summary>
public sealed class DisputesService(DisputeRegister register, ObjectionIntake intake) : Gateway.Protocol.V1.DisputesService.DisputesServiceBase
{
    /// <inheritdoc/>
    public override async Task<OpenDisputeResponse> OpenDispute(OpenDisputeRequest request, ServerCallContext context) =>
        new() { Receipt = (await register.OpenAsync(Peer.Of(context).RequireMember(), request, context.CancellationToken).ConfigureAwait(false)).ToMessage() };

    /// <inheritdoc/>
    public override async Task<ResolveDisputeResponse> ResolveDispute(ResolveDisputeRequest request, ServerCallContext context)
    {
        IReadOnlyList<LogReceipt> receipts = await register.ResolveAsync(Peer.Of(context).RequireMember(), request.Decision, context.CancellationToken).ConfigureAwait(false);
        return new ResolveDisputeResponse { Receipt = receipts[0].ToMessage(), Withdrawal = receipts.Count > 1 ? receipts[1].ToMessage() : null };
    }

    /// <inheritdoc/>
    public override Task<ListDesksResponse> ListDesks(ListDesksRequest request, ServerCallContext context) => Task.FromResult(new ListDesksResponse { Desks = { intake.List(AddressOf(context)) } });

    /// <inheritdoc/>
    public override async Task<FileObjectionResponse> FileObjection(FileObjectionRequest request, ServerCallContext context) =>
        new() { Reference = await intake.FileAsync(AddressOf(context), request.Objections, context.CancellationToken).ConfigureAwait(false) };

    /// <inheritdoc/>
    public override async Task<ReadObjectionsResponse> ReadObjections(ReadObjectionsRequest request, ServerCallContext context) =>
        new() { Objections = { await intake.ReadAsync(Peer.Of(context).RequireMember(), request.After, context.CancellationToken).ConfigureAwait(false) } };

    /// <inheritdoc/>
    public override async Task<CloseObjectionResponse> CloseObjection(CloseObjectionRequest request, ServerCallContext context)
    {
        await intake.CloseAsync(Peer.Of(context).RequireMember(), request.Id, context.CancellationToken).ConfigureAwait(false);
        return new CloseObjectionResponse();
    }

    private static IPAddress AddressOf(ServerCallContext context) => context.GetHttpContext().Connection.RemoteIpAddress ?? IPAddress.None;
}
