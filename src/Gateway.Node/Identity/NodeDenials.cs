using System.Security.Cryptography.X509Certificates;
using Gateway.Cryptography;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.Log;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Gateway.Node.Identity;

/// <summary>
/// The list of denied certificates at this node: asked for again and again, verified under the log key of the pinned Genesis, kept in the folder so that a number once seen is not forgotten.
/// It says whether to believe the broker's certificate, and whether the node's own is denied and needs another.
/// </summary>
public sealed class NodeDenials(NodeDirectory directory, TimeProvider time, AlarmBell alarms, ILogger<NodeDenials> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private volatile DenyListHolder? _holder;

    /// <summary>Number of the list held; 0 before the first.</summary>
    public ulong Number => _holder?.Number ?? 0;

    /// <summary>Whether a certificate is denied.</summary>
    public bool IsDenied(X509Certificate2? certificate) => _holder?.IsDenied(certificate, null) ?? false;

    /// <summary>Asks for the newest list. What cannot be taken raises an alarm, and the list held stays.</summary>
    public async Task RefreshAsync(NetworkState state, CallInvoker broker, CancellationToken cancellation)
    {
        if (Open(state) is not { } holder) return;
        SignedDenyList? signed;
        try
        {
            GetDenyListResponse response = await new CertificatesService.CertificatesServiceClient(broker).GetDenyListAsync(new GetDenyListRequest(), deadline: CallDeadline.After(Patience), cancellationToken: cancellation);
            signed = response.DenyList;
        }
        catch (RpcException fault)
        {
            NodeEvents.DenyListRefused(logger, fault.ToRefusal("broker").What);
            return;
        }

        ulong before = holder.Number;
        if (holder.Accept(signed) is { } refused)
        {
            NodeEvents.DenyListRefused(logger, refused.What);
            await alarms.RaiseOnceAsync(refused, cancellation, signed?.ToByteArray());
        }
        else if (holder.Number != before)
        {
            NodeDirectory.WriteWhole(directory.DenyListFile, signed.ToByteArray());
        }
    }

    // Before Genesis nobody can say whose list it is.
    private DenyListHolder? Open(NetworkState state)
    {
        if (_holder is not null || state.Genesis is not { } genesis || !VerifyingKey.TryFromBytes(genesis.LogPk.Span, out VerifyingKey logKey)) return _holder;
        DenyListHolder holder = new(state.GenesisHash, logKey, time);
        if (File.Exists(directory.DenyListFile))
        {
            try
            {
                if (holder.Resume(SignedDenyList.Parser.ParseFrom(File.ReadAllBytes(directory.DenyListFile))) is { } unusable) NodeEvents.DenyListRefused(logger, unusable.What);
            }
            catch (InvalidProtocolBufferException damaged)
            {
                NodeEvents.DenyListRefused(logger, damaged.Message);
            }
        }

        return _holder = holder;
    }
}
