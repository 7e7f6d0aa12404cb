using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Protocol.Errors;

namespace Gateway.Broker.Evaluators;

/// <summary>What an evaluator's operator hands to the broker's: nothing in it is secret.</summary>
public sealed record EvaluatorRequestFile
{
    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>The evaluator's name.</summary>
    public required string Name { get; init; }

    /// <summary>Where nodes will reach it.</summary>
    public required string Address { get; init; }

    /// <summary>X25519, hex: what its shares are sealed to. Read it to each other over the telephone: who exchanges it gets the shares.</summary>
    public required string BoxKey { get; init; }

    /// <summary>PKCS #10 request, PEM.</summary>
    public required string CertificateRequest { get; init; }

    /// <summary>Writes the file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EvaluatorPapersJson.Default.EvaluatorRequestFile);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="RefusalException">It is no such file.</exception>
    public static EvaluatorRequestFile Parse(string json) => EvaluatorPapers.Parse(json, EvaluatorPapersJson.Default.EvaluatorRequestFile, "gateway evaluator init");
}

/// <summary>What the broker's operator hands back: nothing in it is secret.</summary>
public sealed record EvaluatorAdmissionFile
{
    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>The evaluator's name.</summary>
    public required string Name { get; init; }

    /// <summary>Address of the broker.</summary>
    public required string Broker { get; init; }

    /// <summary>SHA-256 of the Genesis entry, hex.</summary>
    public required string GenesisHash { get; init; }

    /// <summary>The network's certificate authority, PEM.</summary>
    public required string CertificateAuthority { get; init; }

    /// <summary>The evaluator's certificate, PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>Writes the file's text.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EvaluatorPapersJson.Default.EvaluatorAdmissionFile);

    /// <summary>Reads the file's text.</summary>
    /// <exception cref="RefusalException">It is no such file.</exception>
    public static EvaluatorAdmissionFile Parse(string json) => EvaluatorPapers.Parse(json, EvaluatorPapersJson.Default.EvaluatorAdmissionFile, "gateway evaluator admit");
}

internal static class EvaluatorPapers
{
    public static T Parse<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string command)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException("it is empty");
        }
        catch (JsonException fault)
        {
            throw new RefusalException(Refusal.Invalid("EVALUATOR_FILE_UNREADABLE", $"The file is not the one that is needed: {fault.Message}", "file", $"Give the file that `{command}` wrote."));
        }
    }
}

[JsonSerializable(typeof(EvaluatorRequestFile))]
[JsonSerializable(typeof(EvaluatorAdmissionFile))]
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class EvaluatorPapersJson : JsonSerializerContext
{
}
