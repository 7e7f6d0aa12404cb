using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Protocol.Errors;

/// <summary>Refusals at the gRPC edge: status and the trailer <c>gateway-error-bin</c> (protocol §12). The only place that maps the two.</summary>
public static class GrpcErrors
{
    /// <summary>Name of the trailer that carries an ErrorDetail.</summary>
    public const string Trailer = "gateway-error-bin";

    /// <summary>The exception with which a server ends a call.</summary>
    public static RpcException ToRpcException(this Refusal refusal) =>
        new(new Status(refusal.Status, $"{refusal.What} ({refusal.Which}) {refusal.Remedy}"), new Metadata { { Trailer, refusal.ToDetail().ToByteArray() } });

    /// <summary>What a client makes of a failed call: the server's own words where it sent them, else the status in words.</summary>
    public static Refusal ToRefusal(this RpcException exception, string peer)
    {
        byte[]? detail = exception.Trailers.GetValueBytes(Trailer);
        if (detail is not null)
        {
            try
            {
                return Refusal.FromDetail(ErrorDetail.Parser.ParseFrom(detail)) with { Status = exception.StatusCode };
            }
            catch (InvalidProtocolBufferException)
            {
                return new Refusal(exception.StatusCode, "ERROR_UNREADABLE", "The peer answered with an error that cannot be read.", peer, "Update one of the two programs.");
            }
        }

        return exception.StatusCode switch
        {
            _ when exception.IsLoss() => new(StatusCode.Unavailable, "PEER_UNAVAILABLE", $"The {peer} cannot be reached: {exception.Status.Detail}", peer, "See that it runs and that the address is right; the call may be tried again."),
            StatusCode.DeadlineExceeded => new(exception.StatusCode, "PEER_SLOW", $"The {peer} did not answer in time.", peer, "Try again; if it stays so, look at its load."),
            StatusCode.Cancelled => new(exception.StatusCode, "CANCELLED", "The call was cancelled.", peer, "Nothing, if you cancelled it."),
            _ => new(exception.StatusCode, "PEER_FAILED", $"The {peer} answered {exception.StatusCode}: {exception.Status.Detail}", peer, "See the peer's log."),
        };
    }

    /// <summary>Whether a call ended because its address refuses or was lost. A connection whose pings are not answered, or that breaks, ends its calls as INTERNAL or CANCELLED as well, with the reason beside it.</summary>
    /// <param name="exception">How it ended.</param>
    public static bool IsLoss(this RpcException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        if (exception.StatusCode == StatusCode.Unavailable) return true;
        if (exception.StatusCode is not (StatusCode.Internal or StatusCode.Cancelled)) return false;
        bool isBroken = false;
        for (Exception? reason = exception.Status.DebugException; reason is not null; reason = reason.InnerException)
        {
            if (reason is OperationCanceledException) return false; // By the caller.
            isBroken |= reason is IOException;
        }

        return isBroken;
    }
}
