using Gateway.Broker.Access;
using Gateway.Broker.Witness;
using Gateway.Protocol;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;

namespace Gateway.Broker.Services;

/// <summary>Members' nodes hand in their cosignatures and get the others'.</summary>
public sealed class WitnessService(CosignatureBoard board) : Gateway.Protocol.V1.WitnessService.WitnessServiceBase
{
    /// <inheritdoc/>
    public override async Task<ExchangeCosignaturesResponse> ExchangeCosignatures(ExchangeCosignaturesRequest request, ServerCallContext context)
    {
        MemberId member = Peer.Of(context).RequireMember();
        if (!request.CosignedCheckpoint.IsEmpty) await board.AddAsync(member, request.CosignedCheckpoint.Memory, context.CancellationToken).ConfigureAwait(false);
        (IReadOnlyList<CosignedCheckpoint> cosigned, ulong last) = board.ReadSince(request.After, member);
        return new ExchangeCosignaturesResponse { Last = last, CosignedCheckpoints = { cosigned.Select(one => ByteString.CopyFrom(one.Note.ToBytes())) } };
    }
}
