using Gateway.Broker.Observation;
using Gateway.Ledger;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Broker.Access;

/// <summary>Stands before every RPC: identifies the peer, asks the table of rules, and turns whatever a call throws into status and detail (protocol §12).</summary>
public sealed class CallGate(PeerIdentifier identifier, PeerActivity activity, RefusalTally refusals, ILogger<CallGate> log) : Interceptor
{
    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            Admit(context);
            return await continuation(request, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    /// <inheritdoc/>
    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            Admit(context);
            await continuation(request, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    /// <inheritdoc/>
    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            Admit(context);
            return await continuation(requestStream, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    /// <inheritdoc/>
    public override async Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        try
        {
            Admit(context);
            await continuation(requestStream, responseStream, context).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RpcException)
        {
            throw Translate(error, context);
        }
    }

    private void Admit(ServerCallContext context)
    {
        AccessRule rule = AccessRules.Of(context.Method)
            ?? throw new RefusalException(Refusal.Denied("NO_RULE", "This broker has no rule for the call and so refuses it.", context.Method, "Report it: the broker's table of rules is incomplete."));
        if (rule == AccessRule.Anonymous)
        {
            Peer.Anonymous.AttachTo(context);
            return;
        }

        Peer peer = identifier.Identify(context.GetHttpContext().Connection.ClientCertificate);
        bool allowed = rule switch
        {
            AccessRule.Member => peer.Member is not null,
            AccessRule.Operator => peer.IsOperator,
            AccessRule.MemberOrOperator => peer.Member is not null || peer.IsOperator,
            AccessRule.Evaluator => peer.Evaluator is not null,
            AccessRule.MemberOrEvaluator => peer.Member is not null || peer.Evaluator is not null,
            _ => false,
        };
        if (!allowed)
        {
            peer.AttachTo(context); // For the count of refusals.
            throw new RefusalException(rule switch
            {
                AccessRule.Operator => Refusal.Denied("OPERATORS_ONLY", "Only an operator of the broker may do this.", context.Method, "Call with an operator's certificate."),
                AccessRule.Evaluator => Refusal.Denied("EVALUATORS_ONLY", "Only an evaluator may do this.", context.Method, "Call with the evaluator's certificate."),
                _ => Refusal.Denied("MEMBERS_ONLY", "Only a member's node may do this.", context.Method, "Call with the node's certificate."),
            });
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
