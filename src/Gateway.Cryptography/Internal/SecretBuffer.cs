using System.Security.Cryptography;

namespace Gateway.Cryptography.Internal;

/// <summary>Secret bytes that the garbage collector never copies and that are zeroed on Dispose.</summary>
/// <remarks>There is no finaliser: one could zero the bytes under a running native call whose owner is no longer referenced.</remarks>
internal sealed class SecretBuffer(int length) : IDisposable
{
    private readonly byte[] _bytes = GC.AllocateArray<byte>(length, pinned: true);
    private bool _disposed;

    /// <exception cref="ObjectDisposedException">The secret has been zeroed.</exception>
    internal Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _bytes;
        }
    }

    /// <summary>The memory itself, readable after Dispose, so that a test can see it zeroed.</summary>
    internal ReadOnlySpan<byte> Memory => _bytes;

    internal static SecretBuffer CopyOf(ReadOnlySpan<byte> secret)
    {
        var buffer = new SecretBuffer(secret.Length);
        secret.CopyTo(buffer._bytes);
        return buffer;
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_bytes);
    }
}
