namespace Grpc.Core;

/// <summary>What every kind of started call has in common: headers, status, trailers, and an end.</summary>
/// <remarks>The state is handed to each function so that the transport can pass static ones and allocate no closure a call.</remarks>
internal readonly struct CallState(
    Func<object, Task<Metadata>> responseHeaders, Func<object, Status> status, Func<object, Metadata> trailers, Action<object> dispose, object state)
{
    public Task<Metadata> Headers() => responseHeaders(state);
    public Status Status() => status(state);
    public Metadata Trailers() => trailers(state);
    public void Dispose() => dispose(state);

    public static CallState From(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose) =>
        new(_ => headers, _ => status(), _ => trailers(), _ => dispose(), headers);
}
