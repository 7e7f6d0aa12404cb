using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Compat.Tests;

/// <summary>The type and member references of a compiled assembly into the assemblies that compat/ replaces.</summary>
internal static class AssemblyReferences
{
    public static bool IsReplaced(string? assembly) => assembly is "Grpc.Core.Api" or "Grpc.Net.Common";

    /// <summary>Each reference's metadata token, with a name to show people.</summary>
    public static IReadOnlyList<(int Token, string Name)> IntoReplaced(string path)
    {
        using FileStream stream = File.OpenRead(path);
        using var image = new PEReader(stream);
        MetadataReader reader = image.GetMetadataReader();
        var found = new List<(int, string)>();
        foreach (TypeReferenceHandle handle in reader.TypeReferences)
        {
            if (IsReplaced(Scope(reader, handle))) found.Add((MetadataTokens.GetToken(handle), Name(reader, handle)));
        }
        foreach (MemberReferenceHandle handle in reader.MemberReferences)
        {
            MemberReference member = reader.GetMemberReference(handle);
            EntityHandle owner = GenericDefinition(reader, member.Parent);
            if (IsReplaced(Scope(reader, owner)))
            {
                found.Add((MetadataTokens.GetToken(handle), $"{Name(reader, owner)}.{reader.GetString(member.Name)}"));
            }
        }
        return found;
    }

    /// <summary>The assembly that a type reference, nested or not, points into; null for anything else.</summary>
    private static string? Scope(MetadataReader reader, EntityHandle handle) => handle.Kind switch
    {
        _ when handle.IsNil => null,
        HandleKind.AssemblyReference => reader.GetString(reader.GetAssemblyReference((AssemblyReferenceHandle)handle).Name),
        HandleKind.TypeReference => Scope(reader, reader.GetTypeReference((TypeReferenceHandle)handle).ResolutionScope),
        _ => null,
    };

    private static string Name(MetadataReader reader, EntityHandle handle) =>
        reader.GetString(reader.GetTypeReference((TypeReferenceHandle)handle).Name);

    /// <summary>Marshaller`1 for Marshaller&lt;Foo&gt;; nil for arrays, pointers and type parameters.</summary>
    private static EntityHandle GenericDefinition(MetadataReader reader, EntityHandle handle)
    {
        if (handle.Kind != HandleKind.TypeSpecification) return handle;
        BlobReader signature = reader.GetBlobReader(reader.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance) return default;
        signature.ReadByte(); // class or value type
        return signature.ReadTypeHandle();
    }
}
