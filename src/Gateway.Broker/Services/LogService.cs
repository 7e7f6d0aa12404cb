using Gateway.Broker.Sequencing;
using Gateway.Ledger;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Checkpoints and proofs of the log.</summary>
public sealed class LogService(LogReader reader) : Gateway.Protocol.V1.LogService.LogServiceBase
{
    /// <inheritdoc/>
    public override async Task<GetCheckpointResponse> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context) =>
        new() { Checkpoint = ByteString.CopyFrom((await reader.ReadHeadAsync(context.CancellationToken).ConfigureAwait(false)).Note) };

    /// <inheritdoc/>
    public override async Task<GetInclusionProofResponse> GetInclusionProof(GetInclusionProofRequest request, ServerCallContext context) =>
        new() { Hashes = { ToMessage(await reader.InclusionProofAsync(request.Index, request.TreeSize, context.CancellationToken).ConfigureAwait(false)) } };

    /// <inheritdoc/>
    public override async Task<GetConsistencyProofResponse> GetConsistencyProof(GetConsistencyProofRequest request, ServerCallContext context) =>
        new() { Hashes = { ToMessage(await reader.ConsistencyProofAsync(request.OldSize, request.NewSize, context.CancellationToken).ConfigureAwait(false)) } };

    private static IEnumerable<ByteString> ToMessage(IReadOnlyList<TreeHash> hashes) => hashes.Select(hash => ByteString.CopyFrom(hash.ToArray()));
}
