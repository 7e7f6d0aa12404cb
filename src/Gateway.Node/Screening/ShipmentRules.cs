using Gateway.Protocol.Errors;
using Google.Protobuf.Collections;
using V1 = Gateway.Protocol.V1;

namespace Gateway.Node.Screening;

/// <summary>Limits of the shipments that the local API takes.</summary>
internal static class ShipmentRules
{
    public const int MostParties = 8;
    public const int LongestId = 128;

    private const int MostReferences = 32;

    /// <summary>What is wrong with a shipment; null where nothing is.</summary>
    public static Refusal? FaultOf(V1.Shipment shipment)
    {
        if (shipment.Id.Length is 0 or > LongestId) return Refusal.Invalid("SHIPMENT_ID_INVALID", $"The shipment's id is empty or longer than {LongestId} characters.", "id", "Give the declaration's own number.");
        if (shipment.Parties.Count > MostParties) return Refusal.Invalid("SHIPMENT_TOO_LARGE", $"The shipment has {shipment.Parties.Count} parties, more than {MostParties}.", shipment.Id, "Leave out parties that are not consignor, consignee, seller or declarant.");
        return FaultOf(shipment.References, shipment.Id) ?? shipment.Parties.Select(FaultOf).FirstOrDefault(fault => fault is not null);
    }

    /// <summary>What is wrong with a part of shipments; null where nothing is.</summary>
    public static Refusal? FaultOf(V1.ShipmentPart part) => part.Party is { } party ? FaultOf(party) : FaultOf(part.References, "references");

    private static Refusal? FaultOf(V1.ShipmentParty party) => Translation.FaultOf(party.Party ?? new V1.Party(), "parties");

    private static Refusal? FaultOf(RepeatedField<V1.StatedIdentifier> references, string subject) => references.Count > MostReferences
        ? Refusal.Invalid("SHIPMENT_TOO_LARGE", $"The shipment has {references.Count} references, more than {MostReferences}.", subject, "Split the shipment.")
        : Translation.FaultOf(references, "references");
}
