using System.CommandLine;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;

namespace Gateway.Cli.Commands;

/// <summary>`gateway record withdraw`: two operators withdraw a record that its contributor does not or cannot withdraw.</summary>
internal static class RecordWithdrawCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> record = new("RECORD") { Description = "Id of the record, 64 hexadecimal digits." };
        Option<string> basis = new("--basis") { Description = $"Legal basis: {string.Join(", ", Codes.WithdrawalBases.All)}. Stands in the log.", Required = true, HelpName = "CODE" };
        basis.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, [.. Codes.WithdrawalBases.All]);
        Option<string> reference = new("--case") { Description = "The order, request or dispute behind it. Stays at the broker.", HelpName = "TEXT", Required = true };
        OperatorAsking asking = new(frame);
        Command command = new("withdraw", "Proposes to withdraw a record in the broker's own name. Another operator approves it with `gateway change approve`.") { record, basis, reference };
        return frame.Handle(asking.On(command), async (parsed, output, cancellation) =>
        {
            if (!RecordId.TryParse(parsed.GetValue(record)!, out RecordId id)) throw new RefusalException(Refusal.Invalid("RECORD_ID_INVALID", "A record id has 64 hexadecimal digits.", "RECORD", "Copy the id from `gateway records`."));
            using BrokerAccess broker = asking.Open(parsed);
            RecordWithdrawalChange withdrawal = new() { RecordId = ByteString.CopyFrom(id.ToArray()), LegalBasis = Codes.WithdrawalBases.Parse(parsed.GetValue(basis)!), CaseReference = parsed.GetValue(reference)! };
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, new Change { RecordWithdrawal = withdrawal }, cancellation));
            return ExitCode.Ok;
        });
    }
}
