using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Keys;
using Gateway.Node.Screening;
using Gateway.Protocol;
using Google.Protobuf;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Watch;

/// <summary>
/// Shipments of one day as they are kept: identifiers once however many shipments have them (consignors repeat), the whole compressed. Before sealing: u32 length ‖ Brotli of RememberedShipments.
/// </summary>
internal static class PastBlock
{
    // Above what a block of the largest shipments that are taken can be.
    private const int LargestBlock = 256 * 1_048_576;

    // Hashes do not compress and ids do at any level: a fast one.
    private const int Level = 2, Window = 20;

    /// <summary>Packs shipments.</summary>
    public static byte[] Pack(IReadOnlyList<(PreparedShipment Prepared, IReadOnlyList<ulong> Shown)> shipments)
    {
        V1.RememberedShipments block = new();
        Dictionary<UInt128, uint> places = [];
        Dictionary<string, uint> fields = new(StringComparer.Ordinal);
        List<byte> hashes = [];
        Span<byte> hash = stackalloc byte[16];
        foreach ((PreparedShipment prepared, IReadOnlyList<ulong> shown) in shipments)
        {
            V1.RememberedShipment shipment = new()
            {
                Id = prepared.Shipment.Id, HsCode = prepared.Shipment.HsCode, CountryOfDeparture = prepared.Shipment.CountryOfDeparture, CountryOfOrigin = prepared.Shipment.CountryOfOrigin,
            };
            for (int i = 0; i < prepared.Hashes.Length; i++)
            {
                DerivedIdentifier derived = prepared.Keys.Identifiers[i];
                ref uint place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, prepared.Hashes[i], out bool isKnown);
                if (!isKnown)
                {
                    place = (uint)block.Types_.Count;
                    block.Types_.Add((uint)derived.Identifier.Type);
                    BinaryPrimitives.WriteUInt128BigEndian(hash, prepared.Hashes[i]);
                    hashes.AddRange(hash);
                }

                ref uint field = ref CollectionsMarshal.GetValueRefOrAddDefault(fields, derived.Field, out bool isNamed);
                if (!isNamed)
                {
                    field = (uint)block.Fields.Count;
                    block.Fields.Add(derived.Field);
                }

                shipment.Uses.Add(place);
                shipment.Uses.Add((uint)derived.Role);
                shipment.Uses.Add(field);
            }

            shipment.Shown.AddRange(shown);
            block.Shipments.Add(shipment);
        }

        block.Hashes = ByteString.CopyFrom(CollectionsMarshal.AsSpan(hashes));
        return Compress(block.ToByteArray());
    }

    /// <summary>Unpacks a block; null when it is none.</summary>
    public static V1.RememberedShipments? TryUnpack(ReadOnlySpan<byte> packed)
    {
        if (packed.Length < 4) return null;
        int length = BinaryPrimitives.ReadInt32BigEndian(packed);
        if (length is < 0 or > LargestBlock) return null;
        byte[] bytes = new byte[length];
        if (!BrotliDecoder.TryDecompress(packed[4..], bytes, out int written) || written != length) return null;
        V1.RememberedShipments block = V1.RememberedShipments.Parser.ParseFrom(bytes);
        return block.Hashes.Length == 16 * block.Types_.Count ? block : null;
    }

    /// <summary>The identifiers of a block by their local hashes.</summary>
    public static UInt128[] HashesOf(V1.RememberedShipments block)
    {
        UInt128[] hashes = new UInt128[block.Types_.Count];
        for (int i = 0; i < hashes.Length; i++) hashes[i] = BinaryPrimitives.ReadUInt128BigEndian(block.Hashes.Span[(16 * i)..]);
        return hashes;
    }

    /// <summary>A remembered shipment, ready to be decided: all but the values of its identifiers, which nobody needs for that.</summary>
    public static PreparedShipment Prepare(V1.RememberedShipments block, UInt128[] hashes, V1.RememberedShipment shipment)
    {
        DerivedIdentifier[] identifiers = new DerivedIdentifier[shipment.Uses.Count / 3];
        UInt128[] used = new UInt128[identifiers.Length];
        for (int i = 0; i < identifiers.Length; i++)
        {
            int place = (int)shipment.Uses[3 * i];
            used[i] = hashes[place];
            identifiers[i] = new DerivedIdentifier(new Identifier((IdentifierType)block.Types_[place], ""), (PartyRole)shipment.Uses[(3 * i) + 1], block.Fields[(int)shipment.Uses[(3 * i) + 2]]);
        }

        Shipment known = new() { Id = shipment.Id, HsCode = shipment.HsCode, CountryOfDeparture = shipment.CountryOfDeparture, CountryOfOrigin = shipment.CountryOfOrigin };
        return new PreparedShipment(known, new DerivedKeys(identifiers, []), used);
    }

    /// <summary>First 8 bytes of a record's id.</summary>
    public static ulong Shorten(ReadOnlySpan<byte> recordId) => recordId.Length < 8 ? 0 : BinaryPrimitives.ReadUInt64BigEndian(recordId);

    private static byte[] Compress(byte[] bytes)
    {
        byte[] packed = new byte[4 + BrotliEncoder.GetMaxCompressedLength(bytes.Length)];
        BinaryPrimitives.WriteInt32BigEndian(packed, bytes.Length);
        if (!BrotliEncoder.TryCompress(bytes, packed.AsSpan(4), out int written, Level, Window)) throw new InvalidOperationException("The block is larger than its largest compressed form.");
        return packed[..(4 + written)];
    }
}
