using System.Security.Cryptography;
using Gateway.Protocol.Cases;
using Gateway.Protocol.Errors;
using Gateway.Storage;
using Gateway.Storage.Node;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Cases;

/// <summary>The attachments of messages, opened from their chunks.</summary>
public sealed class CaseFiles(ICaseStore store)
{
    /// <summary>A file in parts, each verified by its hash. The last comes only when the whole file has the hash that its sender stated.</summary>
    /// <exception cref="RefusalException">Not all of it is here, or it is not what was stated.</exception>
    public async IAsyncEnumerable<byte[]> ReadAsync(long message, int position, V1.CaseAttachment attachment, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int i = 0; i < attachment.ChunkHashes.Count; i++)
        {
            StoredCaseChunk? chunk = await store.FindChunkAsync(message, position, i, cancellation);
            if (chunk?.Chunk is not { } bytes)
            {
                throw new RefusalException(Refusal.Precondition("CASE_ATTACHMENT_MISSING", $"Part {i + 1} of {attachment.ChunkHashes.Count} of the attachment is not here yet.", $"message {message}", "Wait until the other end has sent it; see `gateway case show`."));
            }

            if (!CaseAttachments.TryOpen(attachment, i, bytes, out byte[]? content)) throw new StoreCorruptException("case_chunks", message.ToString(System.Globalization.CultureInfo.InvariantCulture));
            hash.AppendData(content);
            if (i == attachment.ChunkHashes.Count - 1 && !hash.GetHashAndReset().AsSpan().SequenceEqual(attachment.Sha256.Span))
            {
                throw new RefusalException(Refusal.DataLoss("CASE_ATTACHMENT_DIFFERS", "The attachment is not the file that its sender stated.", $"message {message}", "Ask for it anew; do not use what came."));
            }

            yield return content;
        }
    }

    /// <summary>A whole file.</summary>
    /// <inheritdoc cref="ReadAsync"/>
    public async Task<byte[]> ReadWholeAsync(long message, int position, V1.CaseAttachment attachment, CancellationToken cancellation)
    {
        using MemoryStream whole = new((int)attachment.Size);
        await foreach (byte[] part in ReadAsync(message, position, attachment, cancellation)) whole.Write(part);
        return whole.ToArray();
    }
}
