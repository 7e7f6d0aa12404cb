namespace Grpc.Core;

/// <summary>How a call ended. The numbers go over the wire.</summary>
public enum StatusCode
{
    /// <summary>Well.</summary>
    OK = 0,

    /// <summary>It was cancelled, mostly by the caller.</summary>
    Cancelled = 1,

    /// <summary>An error nobody classified, such as an exception out of a server method.</summary>
    Unknown = 2,

    /// <summary>The request is wrong whatever the state of the system.</summary>
    InvalidArgument = 3,

    /// <summary>Time ran out; the work may have been done all the same.</summary>
    DeadlineExceeded = 4,

    /// <summary>The thing asked for does not exist.</summary>
    NotFound = 5,

    /// <summary>The thing to be made exists.</summary>
    AlreadyExists = 6,

    /// <summary>The caller is known and may not do this.</summary>
    PermissionDenied = 7,

    /// <summary>A quota, or a resource such as memory or disk, is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>The system is not in the state this needs; repeating does not help until it is.</summary>
    FailedPrecondition = 9,

    /// <summary>Another operation got in between; begin again further up.</summary>
    Aborted = 10,

    /// <summary>Past the valid range, such as the end of a file; unlike InvalidArgument, this depends on the state of the system.</summary>
    OutOfRange = 11,

    /// <summary>The server does not have this method.</summary>
    Unimplemented = 12,

    /// <summary>Something the system relies on is broken.</summary>
    Internal = 13,

    /// <summary>The service cannot be reached for now; repeating may help.</summary>
    Unavailable = 14,

    /// <summary>Data is lost or corrupt beyond recovery.</summary>
    DataLoss = 15,

    /// <summary>The caller is not known.</summary>
    Unauthenticated = 16,
}
