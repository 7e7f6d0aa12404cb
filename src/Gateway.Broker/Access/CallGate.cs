using Gateway.Broker.Observation;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Access;

/// <summary>Stands before every RPC: identifies the peer, asks the table of rules, keeps what operators do and what is refused, and turns whatever a call throws into status and detail (protocol §12).</summary>
/// <remarks>An evaluator has no operators, and keeps no chain of what they do: it counts refusals only.</remarks>
public sealed class CallGate(PeerIdentifier identifier, OpenCalls calls, PeerActivity activity, RefusalTally refusals, ILogger<CallGate> log, AuditTrail? audit = null) : Interceptor
{
    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await GuardAsync(context, isStream: false, SubjectOf(request), async () => response = await continuation(request, context).ConfigureAwait(false)).ConfigureAwait(false);
        return response!;
    }

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, isStream: true, SubjectOf(request), () => continuation(request, responseStream, context));

    /// <inheritdoc/>
    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await GuardAsync(context, isStream: true, "", async () => response = await continuation(requestStream, context).ConfigureAwait(false)).ConfigureAwait(false);
        return response!;
    }

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, isStream: true, "", () => continuation(requestStream, responseStream, context));

    private async Task GuardAsync(ServerCallContext context, bool isStream, string subject, Func<Task> call)
    {
        Peer peer = Peer.Anonymous;
        try
        {
            AccessRule rule = RuleOf(context);
            if (rule != AccessRule.Anonymous) peer = identifier.Identify(context.GetHttpContext().Connection.ClientCertificate);
            Authorise(peer, rule, context);
            if (peer.Member is not null || peer.Evaluator is not null)
            {
                using OpenCall open = calls.Enter(peer, isStream);
                open.AttachTo(context);
                await call().ConfigureAwait(false);
            }
            else
            {
                await call().ConfigureAwait(false);
            }

            if (audit is not null && peer.IsOperator && AccessRules.ChangesSomething(context.Method)) await audit.NoteOperatorAsync(peer.Id!.Name, ActionOf(context), subject, "done").ConfigureAwait(false);
        }
        catch (Exception error)
        {
            await NoteAsync(peer, context, subject, error).ConfigureAwait(false);
            if (error is RpcException) throw;
            throw Translate(error, context);
        }
    }

    // An operator who hangs up after his change is in the log has made it all the same: how it ended is not known here, and that is what is kept.
    private async ValueTask NoteAsync(Peer peer, ServerCallContext context, string subject, Exception error)
    {
        string? code = (error as RefusalException)?.Refusal.Code ?? (peer.IsOperator && AccessRules.ChangesSomething(context.Method) ? AuditTrail.Interrupted : null);
        if (audit is null || code is null) return;
        try
        {
            if (peer.IsOperator) await audit.NoteOperatorAsync(peer.Id!.Name, ActionOf(context), subject, code).ConfigureAwait(false);
            else await audit.NoteRefusalAsync(NameOf(peer, context), ActionOf(context), subject, code).ConfigureAwait(false);
        }
        catch (StoreUnavailableException unwritten)
        {
            // Refused it is all the same; the caller hears why.
            Log.AuditNotWritten(log, unwritten);
        }
    }

    private static string NameOf(Peer peer, ServerCallContext context) =>
        peer.Member is { } member ? $"member {member}"
        : peer.Evaluator is { } evaluator ? $"evaluator {evaluator}"
        : $"anonymous {AddressGroup.Of(context.GetHttpContext().Connection.RemoteIpAddress)}";

    private static string ActionOf(ServerCallContext context) => context.Method[(context.Method.LastIndexOf('/') + 1)..];

    // Numbers and kinds; never names, contacts or anything that a member asked about.
    private static string SubjectOf<TRequest>(TRequest request) => request switch
    {
        ProposeChangeRequest propose => propose.Change?.KindCase.ToString() ?? "",
        ApproveChangeRequest approve => $"change {approve.Id}",
        RejectChangeRequest reject => $"change {reject.Id}",
        SponsorApplicationRequest sponsor => $"application {sponsor.Id}",
        _ => "",
    };

    private static AccessRule RuleOf(ServerCallContext context) => AccessRules.Of(context.Method)
        ?? throw new RefusalException(Refusal.Denied("NO_RULE", "This broker has no rule for the call and so refuses it.", context.Method, "Report it: the broker's table of rules is incomplete."));

    private void Authorise(Peer peer, AccessRule rule, ServerCallContext context)
    {
        if (AccessRules.RefusalOf(peer, rule, context.Method) is { } refusal)
        {
            peer.AttachTo(context); // For the count of refusals.
            throw new RefusalException(refusal);
        }

        if (peer.Member is { } member) activity.Note(member, peer.CertificateEnd);
        if (peer.Evaluator is { } evaluator) activity.Note(evaluator, peer.CertificateEnd);
        peer.AttachTo(context);
    }

    private RpcException Translate(Exception error, ServerCallContext context)
    {
        switch (error)
        {
            case RefusalException refused:
                Log.Refused(log, context.Method, refused.Refusal.Code, refused.Refusal.Which);
                refusals.Count(Peer.Find(context)?.Member, refused.Refusal.Code);
                return refused.Refusal.ToRpcException();
            // A peer that went away breaks reads and writes in several ways; nobody is there to hear of it.
            case OperationCanceledException or IOException or InvalidOperationException when context.CancellationToken.IsCancellationRequested:
                return new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled."));
            case InvalidProtocolBufferException:
                return Refusal.Invalid("MESSAGE_UNREADABLE", "The message is not what the call takes.", context.Method, "Send the protocol's message; update the older of the two programs.").ToRpcException();
            case StoreUnavailableException:
                Log.Failed(log, error, context.Method, "-");
                return Refusal.Unavailable("STORE_UNAVAILABLE", "The broker's store cannot be used now.", "store", "Try again later, with some jitter; the broker's log says what is wrong.").ToRpcException();
            case StoreCorruptException or LedgerCorruptException:
                Log.StoreDamaged(log, error, context.Method);
                return Refusal.DataLoss("STORE_DAMAGED", "The broker's store is damaged.", "store", "The broker's operator has to restore it; its log says what is wrong.").ToRpcException();
            default:
                string reference = Guid.NewGuid().ToString("N")[..12];
                Log.Failed(log, error, context.Method, reference);
                return new Refusal(StatusCode.Internal, "INTERNAL_ERROR", "The broker met an error it did not expect.", $"reference {reference}", "Give the reference to the broker's operator, who finds it in the log.").ToRpcException();
        }
    }
}
