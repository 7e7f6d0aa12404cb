using Gateway.Cli.Connect;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Commands;

/// <summary>Asks the broker for its directory, as the owner of a folder.</summary>
internal static class DirectoryListing
{
    public static async Task<GetDirectoryResponse> ReadAsync(CommandFrame frame, string? stated, string operatorName, CancellationToken cancellation)
    {
        // An operator's file is enough: he need not sit where the broker's folder is.
        string file = frame.PathOf(operatorName);
        (string folder, FolderKind kind) = File.Exists(file) ? ("", FolderKind.Broker) : new Folder(frame.Surroundings).Find(stated);
        if (File.Exists(file)) operatorName = file;
        using BrokerAccess broker = BrokerAccess.Of(folder, kind, operatorName, frame.Surroundings.Time);
        return await ReadAsync(broker, cancellation);
    }

    public static async Task<GetDirectoryResponse> ReadAsync(BrokerAccess broker, CancellationToken cancellation)
    {
        try
        {
            return await broker.Members.GetDirectoryAsync(new GetDirectoryRequest(), deadline: broker.Deadline, cancellationToken: cancellation);
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }
}
