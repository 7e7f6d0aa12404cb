using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Services;

/// <summary>
/// Who may call the local API, in one place: whoever can open the socket file (its owner), and on the loopback port whoever shows the node's token. Also the one place where failures become
/// gRPC statuses here.
/// </summary>
public sealed class LocalAccess(string token, OfficerAudit audit, ILogger<LocalAccess> logger) : Interceptor
{
    private readonly byte[] _tokenHash = SHA256.HashData(Encoding.ASCII.GetBytes(token));

    /// <inheritdoc/>
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await GuardAsync(context, async () => response = await continuation(request, context));
        return response!;
    }

    /// <inheritdoc/>
    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        CountingReader<TRequest> counted = new(requestStream);
        await GuardAsync(context, async () => response = await continuation(counted, context), () => counted.Count);
        return response!;
    }

    /// <inheritdoc/>
    public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        GuardAsync(context, () => continuation(request, responseStream, context));

    /// <inheritdoc/>
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        CountingReader<TRequest> counted = new(requestStream);
        return GuardAsync(context, () => continuation(counted, responseStream, context), () => counted.Count);
    }

    private async Task GuardAsync(ServerCallContext context, Func<Task> call, Func<ulong>? messages = null)
    {
        string outcome = "done";
        try
        {
            await AnswerAsync(context, call);
        }
        catch (RpcException refused)
        {
            outcome = refused.ToRefusal("node").Code;
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = "CANCELLED";
            throw;
        }
        finally
        {
            await NoteAsync(context, messages?.Invoke() ?? 1, outcome);
        }
    }

    // A full disk must not stop the screening; that the chain lacks something, the log says.
    private async Task NoteAsync(ServerCallContext context, ulong messages, string outcome)
    {
        try
        {
            await audit.NoteAsync(context, messages, outcome);
        }
        catch (StoreUnavailableException fault)
        {
            NodeEvents.StoreUnavailable(logger, fault.Message);
        }
    }

    private async Task AnswerAsync(ServerCallContext context, Func<Task> call)
    {
        if (!IsAllowed(context))
        {
            throw new Refusal(StatusCode.Unauthenticated, "TOKEN_MISSING", "The node's local API wants its token on the loopback port.", "authorization", "Send the metadata `authorization: Bearer <content of api-token.key in the node's folder>`.").ToRpcException();
        }

        try
        {
            await call();
        }
        catch (RefusalException refused)
        {
            throw refused.Refusal.ToRpcException();
        }
        catch (StoreUnavailableException fault)
        {
            throw Refusal.Unavailable("STORE_UNAVAILABLE", fault.Message, "node store", "Free the disk or find what holds the store; nothing that was taken is lost.").ToRpcException();
        }
        catch (StoreCorruptException fault)
        {
            throw Refusal.DataLoss("STORE_CORRUPT", fault.Message, "node store", "Run `gateway log verify`, then restore the store or let the node fetch the log anew.").ToRpcException();
        }
        catch (Exception fault) when (fault is not (RpcException or OperationCanceledException) && !context.CancellationToken.IsCancellationRequested)
        {
            string reference = Guid.NewGuid().ToString("n")[..8];
            NodeEvents.Unexpected(logger, fault, reference, context.Method);
            throw new Refusal(StatusCode.Internal, "INTERNAL", "The node failed unexpectedly.", $"reference {reference}", "See the node's log under this reference.").ToRpcException();
        }
    }

    private bool IsAllowed(ServerCallContext context)
    {
        HttpContext http = context.GetHttpContext();
        if (http.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily == AddressFamily.Unix) return true;
        if (http.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote)) return false;
        const string scheme = "Bearer ";
        string? shown = context.RequestHeaders.GetValue("authorization");
        return shown is not null && shown.StartsWith(scheme, StringComparison.Ordinal)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown[scheme.Length..])), _tokenHash);
    }

    private sealed class CountingReader<T>(IAsyncStreamReader<T> reader) : IAsyncStreamReader<T>
    {
        public ulong Count { get; private set; }

        public T Current => reader.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            bool moved = await reader.MoveNext(cancellationToken);
            if (moved) Count++;
            return moved;
        }
    }
}
