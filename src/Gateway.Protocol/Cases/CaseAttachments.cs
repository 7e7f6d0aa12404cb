using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Cases;

/// <summary>Seals files as chunks that are named by the hash of their ciphertext, and opens them (docs/protocol.md, Cases).</summary>
public static class CaseAttachments
{
    /// <summary>How many chunks a file of so many bytes has.</summary>
    public static int ChunksOf(int size) => (size + CaseFormat.ChunkContent - 1) / CaseFormat.ChunkContent;

    /// <summary>Seals a file under a fresh key.</summary>
    /// <param name="name">Its name, without folders.</param>
    /// <param name="file">1 byte to 8 MiB.</param>
    /// <param name="random">Randomness for the key.</param>
    /// <returns>What stands in the message, and the chunks in order.</returns>
    /// <exception cref="ArgumentException">The file is empty or too large.</exception>
    public static (CaseAttachment Attachment, IReadOnlyList<byte[]> Chunks) Seal(string name, ReadOnlySpan<byte> file, RandomSource random)
    {
        if (file.Length is 0 or > CaseFormat.MaximumAttachment) throw new ArgumentException($"An attachment has 1 to {CaseFormat.MaximumAttachment:N0} bytes, not {file.Length:N0}.", nameof(file));
        byte[] key = random.GetBytes(XChaCha20Poly1305.KeySize);
        CaseAttachment attachment = new() { Name = name, Size = (ulong)file.Length, Sha256 = ByteString.CopyFrom(SHA256.HashData(file)), Key = ByteString.CopyFrom(key) };
        List<byte[]> chunks = [];
        int count = ChunksOf(file.Length);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> content = file.Slice(i * CaseFormat.ChunkContent, Math.Min(CaseFormat.ChunkContent, file.Length - (i * CaseFormat.ChunkContent)));
            byte[] padded = new byte[PaddedSize(content.Length)];
            content.CopyTo(padded);
            byte[] chunk = XChaCha20Poly1305.Encrypt(key, NonceOf(i), padded, ContextOf(i, count, file.Length));
            chunks.Add(chunk);
            attachment.ChunkHashes.Add(ByteString.CopyFrom(CaseFormat.HashOf(chunk)));
        }

        return (attachment, chunks);
    }

    /// <summary>Opens one chunk: false where it is not the one that the message names.</summary>
    /// <param name="attachment">From a message that was verified.</param>
    /// <param name="position">0-based.</param>
    /// <param name="chunk">Its ciphertext.</param>
    /// <param name="content">Its part of the file.</param>
    public static bool TryOpen(CaseAttachment attachment, int position, ReadOnlySpan<byte> chunk, [NotNullWhen(true)] out byte[]? content)
    {
        content = null;
        int size = (int)attachment.Size, from = position * CaseFormat.ChunkContent, length = Math.Min(CaseFormat.ChunkContent, size - from);
        if (!CaseFormat.HashOf(chunk).AsSpan().SequenceEqual(attachment.ChunkHashes[position].Span)) return false;
        if (!XChaCha20Poly1305.TryDecrypt(attachment.Key.Span, NonceOf(position), chunk, ContextOf(position, ChunksOf(size), size), out byte[] padded)) return false;
        if (padded.Length != PaddedSize(length) || padded.AsSpan(length).ContainsAnyExcept((byte)0)) return false;
        content = padded[..length];
        return true;
    }

    // Fresh key for each attachment: the position alone makes a nonce.
    private static byte[] NonceOf(int position) => new CanonicalWriter().Bytes(new byte[16]).U64((ulong)position).ToArray();

    private static byte[] ContextOf(int position, int count, int size) => new CanonicalWriter().Label("gateway/v1/attachment").U32((uint)position).U32((uint)count).U64((ulong)size).ToArray();

    private static int PaddedSize(int length)
    {
        foreach (int size in CaseFormat.SealedSizes)
        {
            if (length <= size - XChaCha20Poly1305.TagSize) return size - XChaCha20Poly1305.TagSize;
        }

        throw new ArgumentOutOfRangeException(nameof(length), length, "A chunk's content does not fit.");
    }
}
