using System.Security.Cryptography;
using System.Text.Json;

namespace Gateway.Ledger.Tests;

/// <summary>The proof vectors of transparency-dev/merkle (see vectors/README.md).</summary>
public sealed class MerkleProofVectorTests
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "vectors", "merkle");

    public static TheoryData<string> InclusionFiles => Files("inclusion");

    public static TheoryData<string> ConsistencyFiles => Files("consistency");

    [Fact]
    public void The_whole_suite_is_here()
    {
        Assert.Equal(98, InclusionFiles.Count);
        Assert.Equal(98, ConsistencyFiles.Count);
    }

    [Theory]
    [MemberData(nameof(InclusionFiles))]
    public void Inclusion_is_judged_as_the_vector_says(string file)
    {
        using JsonDocument json = Read(file);
        JsonElement vector = json.RootElement;
        bool holds = TryHash(vector.GetProperty("leafHash"), out TreeHash leaf) && TryHash(vector.GetProperty("root"), out TreeHash root) &&
            TryProof(vector, out List<TreeHash> proof) &&
            MerkleProof.VerifyInclusion(vector.GetProperty("leafIdx").GetUInt64(), vector.GetProperty("treeSize").GetUInt64(), leaf, proof, root);
        Assert.Equal(vector.GetProperty("wantErr").GetBoolean(), !holds);
    }

    [Theory]
    [MemberData(nameof(ConsistencyFiles))]
    public void Consistency_is_judged_as_the_vector_says(string file)
    {
        using JsonDocument json = Read(file);
        JsonElement vector = json.RootElement;
        bool holds = TryHash(vector.GetProperty("root1"), out TreeHash root1) && TryHash(vector.GetProperty("root2"), out TreeHash root2) &&
            TryProof(vector, out List<TreeHash> proof) &&
            MerkleProof.VerifyConsistency(vector.GetProperty("size1").GetUInt64(), vector.GetProperty("size2").GetUInt64(), root1, root2, proof);
        Assert.Equal(vector.GetProperty("wantErr").GetBoolean(), !holds);
    }

    private static TheoryData<string> Files(string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, folder), "*.json", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file)).Order(StringComparer.Ordinal)];

    private static JsonDocument Read(string file) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Root, file)));

    // An empty hash is refused where it is read: no proof function can be given one. The suite's placeholders ("don't care 1", "WrongRoot", …) are no
    // hashes either; a hash of each takes its place, so that those cases reach the function under test.
    private static bool TryHash(JsonElement base64, out TreeHash hash)
    {
        byte[] bytes = base64.GetBytesFromBase64();
        return TreeHash.TryFromBytes(bytes.Length is 0 or TreeHash.Size ? bytes : SHA256.HashData(bytes), out hash);
    }

    private static bool TryProof(JsonElement vector, out List<TreeHash> proof)
    {
        proof = [];
        JsonElement nodes = vector.GetProperty("proof");
        foreach (JsonElement node in nodes.ValueKind == JsonValueKind.Null ? default : nodes.EnumerateArray())
        {
            if (!TryHash(node, out TreeHash hash))
            {
                return false;
            }

            proof.Add(hash);
        }

        return true;
    }
}
