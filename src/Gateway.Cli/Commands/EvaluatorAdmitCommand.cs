using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Broker.Evaluators;
using Gateway.Broker.Hosting;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway evaluator admit`: the broker's operator gives an evaluator its certificate.</summary>
internal static class EvaluatorAdmitCommand
{
    public static Command Create(CommandFrame frame)
    {
        Argument<string> request = new("REQUEST") { Description = "The file that `gateway evaluator init` wrote." };
        Option<string?> directory = CommandFrame.DirectoryOption("The broker's folder; GATEWAY_DIR or ./broker unless given.");
        Option<string> operatorName = new("--operator") { Description = "Operator's file, or name where it lies in the broker's folder.", HelpName = "FILE", DefaultValueFactory = _ => "operator-1" };
        Option<string> boxKey = new("--box-key") { Description = "The evaluator's box key as its operator read it to you, 64 hexadecimal digits: it is compared with the file's.", HelpName = "HEX", Required = true };
        Option<string> file = new("--out") { Description = "File to write and hand back.", HelpName = "FILE", Required = true };
        Command command = new("admit", "Admits an evaluator: gives it a certificate. A share of the keys it gets by `gateway evaluator share`.") { request, directory, operatorName, boxKey, file };
        return frame.Handle(command, async (parsed, output, cancellation) =>
        {
            string folder = new Folder(frame.Surroundings).Of(parsed.GetValue(directory), FolderKind.Broker);
            EvaluatorRequestFile asked = EvaluatorRequestFile.Parse(await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(request)!), cancellation));
            BrokerOptions options = BrokerOptions.Load(folder);
            if (asked.Network != options.Network) throw new RefusalException(Refusal.Invalid("EVALUATOR_FILE_UNREADABLE", $"The request is for the network {asked.Network}.", "REQUEST", "Give the file that `gateway evaluator init` wrote for this network."));
            if (!string.Equals(asked.BoxKey, parsed.GetValue(boxKey)!.Trim(), StringComparison.OrdinalIgnoreCase)) throw new RefusalException(Refusal.Denied("BOX_KEY_DIFFERS", "The file has another box key than the one read to you.", "--box-key", "Somebody may have exchanged the file: have it handed over anew."));
            AdmitEvaluatorRequest admit = new()
            {
                Name = asked.Name,
                Address = asked.Address,
                BoxPk = ByteString.CopyFrom(Convert.FromHexString(asked.BoxKey)),
                CertificateRequest = ByteString.CopyFrom(Der(asked.CertificateRequest)),
            };
            using BrokerAccess broker = BrokerAccess.AsOperator(folder, parsed.GetValue(operatorName)!);
            AdmitEvaluatorResponse admitted;
            try
            {
                admitted = await new EvaluatorsService.EvaluatorsServiceClient(broker.Invoker).AdmitEvaluatorAsync(admit, deadline: BrokerAccess.Deadline, cancellationToken: cancellation);
            }
            catch (RpcException fault)
            {
                throw BrokerAccess.Explain(fault);
            }

            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(admitted.Certificate.Span);
            EvaluatorAdmissionFile admission = new()
            {
                Network = asked.Network,
                Name = asked.Name,
                Broker = options.AdvertisedAddress,
                GenesisHash = Convert.ToHexStringLower(admitted.GenesisHash.Span),
                CertificateAuthority = await File.ReadAllTextAsync(options.Files.AuthorityCertificate, cancellation),
                Certificate = certificate.ExportCertificatePem(),
            };
            string path = frame.PathOf(parsed.GetValue(file)!);
            NodeDirectory.WriteWhole(path, Encoding.UTF8.GetBytes(admission.ToJson()));
            output.Result(
                new { asked.Name, asked.Address, admission.GenesisHash, NotAfter = certificate.NotAfter.ToUniversalTime(), File = path },
                console => console.MarkupLineInterpolated($"Evaluator [bold]{asked.Name}[/] admitted; hand back {path}\nWhen it runs, give it a share: gateway evaluator share {asked.Name}"));
            return ExitCode.Ok;
        });
    }

    private static byte[] Der(string pem)
    {
        try
        {
            PemFields fields = PemEncoding.Find(pem);
            return Convert.FromBase64String(pem[fields.Base64Data]);
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException)
        {
            throw new RefusalException(Refusal.Invalid("EVALUATOR_FILE_UNREADABLE", "The request holds no certificate request.", "REQUEST", "Give the file that `gateway evaluator init` wrote."));
        }
    }
}
