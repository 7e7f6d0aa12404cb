using Gateway.Cli.Input;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Tests.Input;

public sealed class SellerFileTests
{
    [Fact]
    public void A_field_that_cannot_be_used_is_left_out_alone_and_a_seller_without_a_reference_whole()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "sellers.csv");
        File.WriteAllText(path, "reference,subject,name,emails,phones,country\r\na-1,ORGANISATION,Some Shop GmbH,a@shop.example;b@shop.example,,DE\r\na-2,,,not an address,+49 30 1234567,DE\r\n,,No Reference,c@shop.example,,DE\r\n");
        using CsvSource source = SellerFile.Open(path);
        List<InputRow<Seller>> rows = [.. SellerFile.Read(source)];
        Assert.Equal(3, rows.Count);
        Assert.Equal(2, rows[0].Value!.Party.Identifiers.Count);
        Assert.Empty(rows[0].Faults);
        Assert.Equal("a-2", rows[1].Value!.Reference);
        Assert.Equal(2u, Assert.Single(rows[1].Value!.Party.Identifiers).Type);
        InputFault field = Assert.Single(rows[1].Faults);
        Assert.Equal(("emails", false), (field.Column, field.RowLeftOut));
        Assert.Null(rows[2].Value);
        Assert.True(Assert.Single(rows[2].Faults).RowLeftOut);
    }

    [Fact]
    public void A_person_is_registered_with_the_day_of_birth()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "sellers.csv");
        File.WriteAllText(path, "reference,subject,name,birth_date\r\na-1,PERSON,\"MUSTER, Erika\",1964-08-12\r\n");
        using CsvSource source = SellerFile.Open(path);
        InputRow<Seller> row = Assert.Single(SellerFile.Read(source));
        Assert.Empty(row.Faults);
        Assert.NotEqual(new Party(), row.Value!.Party);
        Assert.Contains("1964", row.Value.Party.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_it_does_not_have_is_named()
    {
        using TemporaryFolder folder = new();
        string path = Path.Combine(folder.Path, "sellers.csv");
        File.WriteAllText(path, "reference,evidence\r\na-1,SUSPECTED\r\n");
        RefusalException refused = Assert.Throws<RefusalException>(() => SellerFile.Open(path));
        Assert.Equal("INPUT_HEADER_INVALID", refused.Refusal.Code);
        Assert.Contains("evidence", refused.Refusal.What, StringComparison.Ordinal);
    }
}
