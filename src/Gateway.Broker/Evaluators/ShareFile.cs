using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Cryptography;
using Gateway.Protocol.Log;
using Gateway.Storage.Secrets;

namespace Gateway.Broker.Evaluators;

/// <summary>
/// Shares on disk: "GWSHARE1" ‖ for each share u32 version ‖ the hash of the keys it replaces[32] ‖ scalars[96] ‖ at the end SHA-256 of all before it[32]. Sealed as the folder is. Replaced in one step and flushed
/// before a change counts: what has been answered for is on disk.
/// </summary>
internal sealed class ShareFile(string path, SecretFolder secrets, RandomSource random)
{
    private const int RowSize = 4 + OprfKeySet.HashSize + OprfShare.ScalarsSize;

    private static ReadOnlySpan<byte> Magic => "GWSHARE1"u8;

    /// <summary>The shares in the file; none where there is no file.</summary>
    /// <exception cref="Hosting.BrokerOptionsException">The file is damaged.</exception>
    public List<OprfShare> Read()
    {
        if (secrets.Read(path) is not { } bytes) return [];
        try
        {
            int rows = bytes.Length - Magic.Length - SHA256.HashSizeInBytes;
            bool isWhole = rows >= 0 && rows % RowSize == 0 && bytes.AsSpan().StartsWith(Magic)
                && SHA256.HashData(bytes.AsSpan(0, bytes.Length - SHA256.HashSizeInBytes)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - SHA256.HashSizeInBytes));
            if (!isWhole) throw Damaged();
            List<OprfShare> shares = [];
            for (int at = Magic.Length; at < Magic.Length + rows; at += RowSize)
            {
                ReadOnlySpan<byte> row = bytes.AsSpan(at, RowSize);
                shares.Add(OprfShare.TryRead(BinaryPrimitives.ReadUInt32BigEndian(row), row.Slice(4, OprfKeySet.HashSize), row[(4 + OprfKeySet.HashSize)..], random) ?? throw Damaged());
            }

            return shares;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Replaces the file's shares.</summary>
    public void Write(IReadOnlyCollection<OprfShare> shares)
    {
        byte[] bytes = new byte[Magic.Length + (shares.Count * RowSize) + SHA256.HashSizeInBytes];
        Magic.CopyTo(bytes);
        int at = Magic.Length;
        foreach (OprfShare share in shares)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at), share.Version);
            share.Replaces.Span.CopyTo(bytes.AsSpan(at + 4));
            share.CopyScalars(bytes.AsSpan(at + 4 + OprfKeySet.HashSize, OprfShare.ScalarsSize));
            at += RowSize;
        }

        SHA256.HashData(bytes.AsSpan(0, at), bytes.AsSpan(at));
        try
        {
            secrets.Write(path, bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private Hosting.BrokerOptionsException Damaged() => new([$"{path} is damaged: restore it from a backup made since the last change of the shares."]);
}
