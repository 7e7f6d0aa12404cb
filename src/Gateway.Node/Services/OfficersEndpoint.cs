using System.Security.Cryptography;
using Gateway.Node.Identity;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Keys;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Audit;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Node.Services;

/// <summary>What a member's officers do at its node (officers.proto): the node signs for them, and only what they were shown.</summary>
public sealed class OfficersEndpoint(CallInvoker broker, NodeSettings settings, MemberKeys keys, IAuditStore audit) : OfficersService.OfficersServiceBase
{
    private const int EntriesInMessage = 1_000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MembershipService.MembershipServiceClient _broker = new(broker);

    // The network's own, known from its file: an officer may sign before the node has read the log's first entry.
    private readonly byte[] _genesisHash = Convert.FromHexString(settings.GenesisHash);

    /// <inheritdoc/>
    public override async Task<ListOpenApplicationsResponse> ListOpenApplications(ListOpenApplicationsRequest request, ServerCallContext context) =>
        new() { Applications = { await ListAsync(context.CancellationToken) } };

    /// <inheritdoc/>
    public override async Task<VouchForResponse> VouchFor(VouchForRequest request, ServerCallContext context)
    {
        Application application = (await ListAsync(context.CancellationToken)).FirstOrDefault(one => one.Id == request.Id)
            ?? throw new RefusalException(Refusal.NotFound("APPLICATION_UNKNOWN", "There is no such application, or it is decided.", $"application {request.Id}", "List the applications again."));
        ReadOnlyMemory<byte> body = application.MemberJoined.Body.Memory;
        if (!SHA256.HashData(body.Span).AsSpan().SequenceEqual(request.Fingerprint.Span))
        {
            throw new RefusalException(Refusal.Precondition("APPLICATION_CHANGED", "The application is not the one that was shown.", $"application {request.Id}", "Look at it again before signing."));
        }

        StatementSignature signature = Statements.Sign(nameof(MemberJoined), body.Span, _genesisHash, settings.Member, keys.Member);
        SponsorApplicationResponse response = await AskAsync(() => _broker.SponsorApplicationAsync(new SponsorApplicationRequest { Id = request.Id, Signature = signature }, deadline: CallDeadline.After(Patience), cancellationToken: context.CancellationToken));
        return new VouchForResponse { SponsorCount = response.SponsorCount };
    }

    /// <inheritdoc/>
    public override async Task<LeaveNetworkResponse> LeaveNetwork(LeaveNetworkRequest request, ServerCallContext context)
    {
        if (!request.MemberId.Span.SequenceEqual(settings.Member.ToArray()))
        {
            throw new RefusalException(Refusal.Invalid("MEMBER_NOT_THIS", "The id is not that of this node's member.", "member_id", "Name the member that is to leave; it is this node's own."));
        }

        SignedStatement statement = Statements.Sign(new MemberLeft { MemberId = request.MemberId }, _genesisHash, settings.Member, keys.Member);
        DepartResponse response = await AskAsync(() => _broker.DepartAsync(new DepartRequest { MemberLeft = statement }, deadline: CallDeadline.After(Patience), cancellationToken: context.CancellationToken));
        return new LeaveNetworkResponse { Index = response.Index };
    }

    /// <inheritdoc/>
    public override async Task ReadAudit(ReadAuditRequest request, IServerStreamWriter<ReadAuditResponse> responseStream, ServerCallContext context)
    {
        ReadAuditResponse page = new();
        await foreach (AuditEntry entry in audit.ReadAsync(Math.Max(1, request.From), context.CancellationToken))
        {
            page.Entries.Add(entry);
            if (page.Entries.Count < EntriesInMessage) continue;
            await responseStream.WriteAsync(page, context.CancellationToken);
            page = new ReadAuditResponse();
        }

        if (page.Entries.Count > 0) await responseStream.WriteAsync(page, context.CancellationToken);
    }

    private async Task<IReadOnlyList<Application>> ListAsync(CancellationToken cancellation) =>
        (await AskAsync(() => _broker.ListApplicationsAsync(new ListApplicationsRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation))).Applications;

    private static async Task<T> AskAsync<T>(Func<AsyncUnaryCall<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException fault)
        {
            throw new RefusalException(fault.ToRefusal("broker"));
        }
    }
}
