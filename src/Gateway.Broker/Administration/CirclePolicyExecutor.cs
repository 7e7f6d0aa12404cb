using Gateway.Broker.Membership;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Gateway.Storage.Broker;
using Google.Protobuf;

namespace Gateway.Broker.Administration;

/// <summary>Founds a circle, or changes the policy or the steward of one.</summary>
internal sealed class CirclePolicyExecutor(RandomSource random) : IChangeExecutor
{
    public Change.KindOneofCase Kind => Change.KindOneofCase.CirclePolicy;

    public ValueTask<Refusal?> CheckAsync(Change change, NetworkState state, CancellationToken cancellation) => ValueTask.FromResult(change.CirclePolicy.Policy is { } policy
        ? CircleRules.Check(policy, state)
        : Refusal.Invalid("POLICY_INVALID", "The request has no policy.", "policy", "Send the circle's policy."));

    public ValueTask<ChangeEffect> PrepareAsync(Change change, StoredChange stored, NetworkState state, CancellationToken cancellation)
    {
        CirclePolicy policy = change.CirclePolicy.Policy.Clone();
        if (policy.CircleId.IsEmpty) policy.CircleId = ByteString.CopyFrom(random.GetBytes(CircleId.Size));
        return ValueTask.FromResult(new ChangeEffect
        {
            Entries = [new Entry { CirclePolicy = policy }],
            Condition = next => CircleRules.Check(change.CirclePolicy.Policy, next),
            Answer = response => response.CircleId = policy.CircleId,
        });
    }
}
