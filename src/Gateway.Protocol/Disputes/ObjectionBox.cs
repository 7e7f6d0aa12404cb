using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using Gateway.Cryptography;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Protocol.Disputes;

/// <summary>Seals an objection to a dispute desk, and opens it there: crypto_box_seal of LP4(Objection) ‖ zeros up to a multiple of 1,024.</summary>
public static class ObjectionBox
{
    /// <summary>Longest sealed objection in bytes.</summary>
    public const int MaximumSealed = 16 * 1_024;

    /// <summary>Longest statement in characters.</summary>
    public const int LongestStatement = 8_000;

    /// <summary>Longest contact in characters.</summary>
    public const int LongestContact = 500;

    private const int Granularity = 1_024;

    /// <summary>Why an objection cannot be sealed as it is; null where it can.</summary>
    public static string? FaultOf(Objection objection)
    {
        ArgumentNullException.ThrowIfNull(objection);
        if (objection.Statement.Length > LongestStatement) return $"The statement is longer than {LongestStatement:N0} characters.";
        if (objection.Contact.Length > LongestContact) return $"The contact is longer than {LongestContact} characters.";
        return Padded(objection).Length + BoxPublicKey.SealOverhead > MaximumSealed ? $"The objection is longer than {MaximumSealed:N0} bytes." : null;
    }

    /// <summary>Seals an objection.</summary>
    /// <exception cref="ArgumentException">It is too long: see <see cref="FaultOf"/>.</exception>
    public static byte[] Seal(Objection objection, BoxPublicKey desk) => FaultOf(objection) is { } fault ? throw new ArgumentException(fault, nameof(objection)) : desk.Seal(Padded(objection));

    /// <summary>Opens one; false where it is not for this key or is no objection.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> sealedObjection, BoxKey desk, [NotNullWhen(true)] out Objection? objection)
    {
        ArgumentNullException.ThrowIfNull(desk);
        objection = null;
        if (sealedObjection.Length > MaximumSealed || !desk.TryOpen(sealedObjection, out byte[] opened) || opened.Length < sizeof(uint)) return false;
        uint length = BinaryPrimitives.ReadUInt32BigEndian(opened);
        if (length > opened.Length - sizeof(uint)) return false;
        try
        {
            objection = Objection.Parser.ParseFrom(opened, sizeof(uint), (int)length);
            return FaultOf(objection) is null;
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    // As items are: so that the length tells little.
    private static byte[] Padded(Objection objection)
    {
        ReadOnlySpan<byte> framed = new CanonicalWriter().Prefixed(objection.ToByteArray()).Written;
        byte[] padded = new byte[(framed.Length + Granularity - 1) / Granularity * Granularity];
        framed.CopyTo(padded);
        return padded;
    }
}
