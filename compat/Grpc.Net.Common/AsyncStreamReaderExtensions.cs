using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Reading a stream whole. Grpc.Core.Api has a class of the same name, for reading one message.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>The messages of a stream, for await foreach. A stream can be read once.</summary>
    /// <exception cref="RpcException">At a client: the call ended other than OK, or was cancelled.</exception>
    public static IAsyncEnumerable<T> ReadAllAsync<T>(this IAsyncStreamReader<T> streamReader, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        return Messages(streamReader, cancellationToken);
    }

    private static async IAsyncEnumerable<T> Messages<T>(IAsyncStreamReader<T> streamReader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await streamReader.MoveNext(cancellationToken).ConfigureAwait(false))
        {
            yield return streamReader.Current;
        }
    }
}
