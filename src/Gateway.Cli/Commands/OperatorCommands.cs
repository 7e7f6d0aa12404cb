using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Gateway.Cli.Connect;
using Gateway.Node.Identity;
using Gateway.Protocol.Errors;
using Gateway.Protocol.Identity;
using Gateway.Protocol.V1;
using Google.Protobuf;
using Spectre.Console;

namespace Gateway.Cli.Commands;

/// <summary>`gateway operator …`: who operates the broker.</summary>
internal static class OperatorCommands
{
    public static Command Apply(CommandFrame frame)
    {
        Argument<string> name = new("NAME") { Description = "Name of the new operator: a–z, 0–9 and '-'." };
        Option<string> network = new("--network") { Description = "The network's file.", HelpName = "FILE", Required = true };
        Option<string> own = new("--file") { Description = "The new operator's own file, to be made; keep it like a password.", HelpName = "FILE", Required = true };
        Option<string> request = new("--out") { Description = "Certificate request to write, for an operator.", HelpName = "FILE", Required = true };
        return frame.Handle(new Command("apply", "Makes the key of a new operator and the request for his certificate.") { name, network, own, request }, async (parsed, output, cancellation) =>
        {
            string path = frame.PathOf(parsed.GetValue(own)!), requestPath = frame.PathOf(parsed.GetValue(request)!);
            if (File.Exists(path)) throw new RefusalException(Refusal.Precondition("FILE_EXISTS", "The file exists already; it may hold a key.", path, "Name another file."));
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            OperatorFile file = new() { Network = NetworkFile.Parse(await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(network)!), cancellation)), Name = parsed.GetValue(name)!, Certificate = "", Key = key.ExportPkcs8PrivateKeyPem() };
            NodeDirectory.WriteSecret(path, Encoding.UTF8.GetBytes(file.ToJson()));
            NodeDirectory.WriteWhole(requestPath, Encoding.ASCII.GetBytes(RequestOf(key, file.Name).CreateSigningRequestPem()));
            output.Result(new { file.Name, File = path, Request = requestPath }, console => console.MarkupLineInterpolated($"Key of operator [bold]{file.Name}[/] in {path}\nGive {requestPath} to an operator: gateway operator propose {file.Name} --request {requestPath}"));
            return ExitCode.Ok;
        });
    }

    public static Command Propose(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Argument<string> name = new("NAME") { Description = "Name of the new operator." };
        Option<string> request = new("--request") { Description = "His certificate request.", HelpName = "FILE", Required = true };
        return frame.Handle(asking.On(new Command("propose", "Proposes a new operator; another operator approves it.") { name, request }), async (parsed, output, cancellation) =>
        {
            string pem = await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(request)!), cancellation);
            if (!PemEncoding.TryFind(pem, out PemFields fields)) throw new RefusalException(Refusal.Invalid("CERTIFICATE_REQUEST_INVALID", "The file holds no certificate request.", parsed.GetValue(request)!, "Name the file that `gateway operator apply` wrote."));
            using BrokerAccess broker = asking.Open(parsed);
            OperatorChange change = new() { Name = parsed.GetValue(name)!, Action = OperatorAction.Admitted, CertificateRequest = ByteString.CopyFrom(Convert.FromBase64String(pem[fields.Base64Data])) };
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, new Change { Operator = change }, cancellation));
            return ExitCode.Ok;
        });
    }

    public static Command Remove(CommandFrame frame)
    {
        OperatorAsking asking = new(frame);
        Argument<string> name = new("NAME") { Description = "Name of the operator." };
        return frame.Handle(asking.On(new Command("remove", "Proposes to remove an operator; another operator approves it.") { name }), async (parsed, output, cancellation) =>
        {
            using BrokerAccess broker = asking.Open(parsed);
            ChangeCommands.Report(output, await OperatorAsking.ProposeAsync(broker, new Change { Operator = new OperatorChange { Name = parsed.GetValue(name)!, Action = OperatorAction.Removed } }, cancellation));
            return ExitCode.Ok;
        });
    }

    public static Command Install(CommandFrame frame)
    {
        Option<string> own = new("--file") { Description = "The operator's own file.", HelpName = "FILE", Required = true };
        Option<string> certificate = new("--certificate") { Description = "The certificate that the approval gave, PEM.", HelpName = "FILE", Required = true };
        return frame.Handle(new Command("install", "Puts the certificate that an approval gave into the operator's file.") { own, certificate }, async (parsed, output, cancellation) =>
        {
            string path = frame.PathOf(parsed.GetValue(own)!);
            OperatorFile file = OperatorFile.Parse(await File.ReadAllTextAsync(path, cancellation));
            Save(path, file, await File.ReadAllTextAsync(frame.PathOf(parsed.GetValue(certificate)!), cancellation), file.Key);
            output.Result(new { file.Name, File = path }, console => console.MarkupLineInterpolated($"Operator [bold]{file.Name}[/] is ready: --operator {path}"));
            return ExitCode.Ok;
        });
    }

    public static Command Renew(CommandFrame frame)
    {
        Option<string> own = new("--file") { Description = "The operator's own file.", HelpName = "FILE", Required = true };
        return frame.Handle(new Command("renew", "Gets a new key and certificate for an operator whose certificate still holds.") { own }, async (parsed, output, cancellation) =>
        {
            string path = frame.PathOf(parsed.GetValue(own)!);
            OperatorFile file = OperatorFile.Parse(await File.ReadAllTextAsync(path, cancellation));
            using BrokerAccess broker = BrokerAccess.AsOperator("", path);
            using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            RenewOperatorCertificateRequest request = new() { CertificateRequest = ByteString.CopyFrom(RequestOf(key, file.Name).CreateSigningRequest()) };
            RenewOperatorCertificateResponse renewed = await BrokerAccess.AskAsync(deadline => broker.Administration.RenewOperatorCertificateAsync(request, deadline: deadline, cancellationToken: cancellation));
            using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(renewed.Certificate.Span);
            Save(path, file, certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
            DateTimeOffset end = new(certificate.NotAfter.ToUniversalTime());
            output.Result(new { file.Name, File = path, NotAfter = end }, console => console.MarkupLineInterpolated($"The certificate of operator [bold]{file.Name}[/] holds until {end:yyyy-MM-dd HH:mm} UTC."));
            return ExitCode.Ok;
        });
    }

    private static CertificateRequest RequestOf(ECDsa key, string name) => new($"CN={name}", key, HashAlgorithmName.SHA256);

    private static void Save(string path, OperatorFile file, string certificate, string key)
    {
        try
        {
            using X509Certificate2 fits = X509Certificate2.CreateFromPem(certificate, key);
        }
        catch (CryptographicException)
        {
            throw new RefusalException(Refusal.Invalid("CERTIFICATE_OF_ANOTHER_KEY", "The certificate is not for the key in the operator's file.", path, "Take the certificate that was given for this operator's own request."));
        }

        NodeDirectory.WriteSecret(path, Encoding.UTF8.GetBytes((file with { Certificate = certificate, Key = key }).ToJson()));
    }
}
