using Gateway.Protocol.V1;

namespace Gateway.Protocol.Log;

/// <summary>Who signs for a circle (protocol §11): its steward and a second member.</summary>
internal static class CircleSigners
{
    /// <summary>Whether a statement has the steward's signature and a second member's. A circle's first members are signed for by founders: nobody is admitted yet.</summary>
    public static bool AreTwo(NetworkState state, NetworkCircle circle, SignedStatement statement, string messageName)
    {
        IReadOnlySet<MemberId> signers = Statements.ValidSigners(statement, messageName, state.GenesisHash.Span, state.KeyOfActive);
        bool IsOfCircle(MemberId id) => circle.Members.Contains(id) || (circle.Epochs.Count == 0 && circle.IsFounder(id));

        // The policy, which names the steward, is the broker's alone: a steward from outside the circle would leave one member's word between the broker and the keys.
        return signers.Contains(circle.Steward) && IsOfCircle(circle.Steward) && signers.Any(id => id != circle.Steward && IsOfCircle(id));
    }
}
