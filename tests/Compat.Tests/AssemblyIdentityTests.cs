using System.Reflection;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Compat.Tests;

/// <summary>The names under which the real assemblies look for the replaced ones. The runtime refuses a lower version.</summary>
public sealed class AssemblyIdentityTests
{
    [Fact]
    public void Grpc_Core_Api_has_the_identity_of_the_original() =>
        Assert.Equal("Grpc.Core.Api, Version=2.0.0.0, Culture=neutral, PublicKeyToken=d754f35622e28bad", typeof(Metadata).Assembly.FullName);

    [Fact]
    public void Grpc_Net_Common_has_the_identity_of_the_original() =>
        Assert.Equal("Grpc.Net.Common, Version=2.0.0.0, Culture=neutral, PublicKeyToken=d754f35622e28bad", typeof(ICompressionProvider).Assembly.FullName);

    [Theory, InlineData("Grpc.Net.Client"), InlineData("Grpc.AspNetCore.Server")]
    public void The_real_assemblies_ask_for_exactly_these_identities(string assembly)
    {
        IEnumerable<string> asked = Assembly.Load(assembly).GetReferencedAssemblies()
            .Where(name => AssemblyReferences.IsReplaced(name.Name))
            .Select(name => name.FullName)
            .Order();
        Assert.Equal(new[] { typeof(Metadata).Assembly.FullName, typeof(ICompressionProvider).Assembly.FullName }, asked);
    }
}
