namespace Grpc.Core;

/// <summary>At a client: the call ended other than OK. Out of a server method: ends its call with this status and these trailers.</summary>
public class RpcException : Exception
{
    /// <summary>A status without trailers.</summary>
    public RpcException(Status status) : this(status, Metadata.Empty, status.ToString())
    {
    }

    /// <summary>A status without trailers, and a message for this side only.</summary>
    public RpcException(Status status, string message) : this(status, Metadata.Empty, message)
    {
    }

    /// <summary>A status and trailers.</summary>
    public RpcException(Status status, Metadata trailers) : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A status, trailers, and a message for this side only.</summary>
    public RpcException(Status status, Metadata trailers, string message) : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>How the call ended.</summary>
    public Status Status { get; }

    /// <summary>The status's code.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>The trailers of the call; empty if there were none.</summary>
    public Metadata Trailers { get; }
}
