using Gateway.Cli.Connect;
using Gateway.Protocol.V1;
using Grpc.Core;

namespace Gateway.Cli.Commands;

/// <summary>Proposals and approvals of operators.</summary>
internal static class OperatorCall
{
    public static async Task<ChangeRecord> ProposeAsync(BrokerAccess broker, Change change, CancellationToken cancellation)
    {
        try
        {
            return (await new AdministrationService.AdministrationServiceClient(broker.Invoker).ProposeChangeAsync(new ProposeChangeRequest { Change = change }, deadline: broker.Deadline, cancellationToken: cancellation)).Change;
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }

    public static async Task<ApproveChangeResponse> ApproveAsync(BrokerAccess broker, ulong id, CancellationToken cancellation)
    {
        try
        {
            return await new AdministrationService.AdministrationServiceClient(broker.Invoker).ApproveChangeAsync(new ApproveChangeRequest { Id = id }, deadline: broker.Deadline, cancellationToken: cancellation);
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }
}
