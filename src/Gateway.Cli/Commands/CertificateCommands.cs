using System.CommandLine;
using System.Globalization;
using Gateway.Cli.Connect;
using Gateway.Cli.Output;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway certificate list|deny`: certificates that the broker has issued.</summary>
internal static class CertificateCommands
{
    public static Command CreateList(CommandFrame frame)
    {
        (Option<string?> directory, Option<string> operatorName) = Options();
        Command command = new("list", "Lists the certificates that the broker has issued and that have not ended.") { directory, operatorName };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            ListCertificatesResponse list = await CallAsync(frame, parsed, directory, operatorName, broker => broker.Certificates.ListCertificatesAsync(new ListCertificatesRequest(), deadline: BrokerAccess.Deadline, cancellationToken: cancellation));
            output.Result(
                new
                {
                    list.DenyListNumber,
                    Certificates = list.Certificates.Select(issued => new
                    {
                        issued.Name,
                        Serial = Convert.ToHexStringLower(issued.Serial.Span),
                        Authority = Convert.ToHexStringLower(issued.Authority.Span),
                        IssuedAt = DateTimeOffset.FromUnixTimeSeconds(issued.IssuedAt),
                        NotAfter = DateTimeOffset.FromUnixTimeSeconds(issued.NotAfter),
                        issued.Denied,
                    }),
                },
                console => Draw(console, list));
            return ExitCode.Ok;
        });
    }

    public static Command CreateDeny(CommandFrame frame)
    {
        (Option<string?> directory, Option<string> operatorName) = Options();
        Argument<string> serial = new("SERIAL") { Description = "Serial number of the certificate, hexadecimal, from `gateway certificate list`." };
        Option<string> reason = new("--reason") { Description = "Why, for the other operators.", HelpName = "TEXT", Required = true };
        Command command = new("deny", "Denies a certificate, and every other of its key, to all who verify certificates of the network. The member's node gets another by itself, for a new key.") { serial, directory, operatorName, reason };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            byte[] number = Parse(parsed.GetValue(serial)!);
            DenyCertificateRequest request = new() { Serial = ByteString.CopyFrom(number), Reason = parsed.GetValue(reason)! };
            DenyCertificateResponse denied = await CallAsync(frame, parsed, directory, operatorName, broker => broker.Certificates.DenyCertificateAsync(request, deadline: BrokerAccess.Deadline, cancellationToken: cancellation));
            output.Result(new { denied.Number }, console => console.MarkupLineInterpolated($"Denied by list {denied.Number}; its connections are cut within seconds."));
            return ExitCode.Ok;
        });
    }

    private static (Option<string?> Directory, Option<string> Operator) Options() => (
        CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given."),
        new Option<string>("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" });

    private static async Task<T> CallAsync<T>(CommandFrame frame, ParseResult parsed, Option<string?> directory, Option<string> operatorName, Func<BrokerAccess, AsyncUnaryCall<T>> call)
    {
        string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
        using BrokerAccess broker = BrokerAccess.AsOperator(folder, parsed.GetValue(operatorName)!);
        try
        {
            return await call(broker);
        }
        catch (RpcException fault)
        {
            throw BrokerAccess.Explain(fault);
        }
    }

    private static byte[] Parse(string serial)
    {
        try
        {
            return Convert.FromHexString(serial.Length % 2 == 0 ? serial : "0" + serial);
        }
        catch (FormatException)
        {
            throw new RefusalException(Refusal.Invalid("SERIAL_INVALID", "A serial number is made of hexadecimal digits.", serial, "Copy it from `gateway certificate list`."));
        }
    }

    private static void Draw(IAnsiConsole console, ListCertificatesResponse list)
    {
        Table table = Tables.Of("Name", "Serial", "Authority", "Until", "");
        foreach (IssuedCertificate issued in list.Certificates)
        {
            table.AddText(
                issued.Name, Convert.ToHexStringLower(issued.Serial.Span), Convert.ToHexStringLower(issued.Authority.Span)[..16],
                DateTimeOffset.FromUnixTimeSeconds(issued.NotAfter).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture), issued.Denied ? "DENIED" : "");
        }

        console.Write(table);
        console.MarkupLineInterpolated($"List of denied certificates: number {list.DenyListNumber}");
    }
}
