using System.Text;
using Gateway.Cli.Input;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Tests.Input;

public sealed class ManifestFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_row_becomes_a_shipment_with_its_parties_and_identifiers()
    {
        InputRow<Shipment> row = Assert.Single(Read(
            "shipment_id,arrival,hs6,container,consignor_name,consignor_country,consignor_phone,consignor_website\r\n"
            + "S1,2026-03-31,640411,CSQU3054383,\"Shoes, \"\"Best\"\"\r\nTrading\",cn,+4930901820,https://www.ebay.com/usr/best\r\n"));
        Assert.Empty(row.Faults);
        Assert.Equal("S1", row.Value!.Id);
        Assert.Equal(14u, Assert.Single(row.Value.References).Type);
        Party consignor = Assert.Single(row.Value.Parties).Party;
        Assert.Equal("Shoes, \"Best\"\r\nTrading", consignor.Name);
        Assert.Equal("CN", consignor.Country);
        Assert.Equal([2u, 13u], consignor.Identifiers.Select(identifier => identifier.Type));
    }

    [Fact]
    public void A_field_that_cannot_be_used_leaves_the_shipment_to_be_screened_by_the_others()
    {
        InputRow<Shipment> row = Assert.Single(Read("shipment_id,arrival,container,seller_email\nS1,2021-02-30,CSQU3054384,a@b.example\n"));
        Assert.Equal(["arrival", "container"], row.Faults.Select(fault => fault.Column).Order());
        Assert.All(row.Faults, fault => Assert.False(fault.RowLeftOut));
        Assert.Single(row.Value!.Parties);
        Assert.Empty(row.Value.References);
    }

    [Fact]
    public void A_shipment_without_an_id_of_its_own_is_left_out()
    {
        List<InputRow<Shipment>> rows = Read("shipment_id,hs6\nS1,640411\n,640411\nS1,640411\nS2,640411\n");
        Assert.Equal(["S1", "S2"], rows.Where(row => row.Value is not null).Select(row => row.Value!.Id));
        Assert.Equal([3, 4], rows.Where(row => row.Value is null).Select(row => row.Line));
        Assert.All(rows.Where(row => row.Value is null), row => Assert.True(Assert.Single(row.Faults).RowLeftOut));
    }

    [Fact]
    public void A_row_with_a_wrong_number_of_fields_is_left_out_and_the_next_one_read()
    {
        List<InputRow<Shipment>> rows = Read("shipment_id,hs6\nS1\nS2,640411,x\nS3,640411\n");
        Assert.Equal([true, true, false], rows.Select(row => row.Value is null));
    }

    [Fact]
    public void A_row_that_is_not_utf8_is_left_out_and_the_next_one_read()
    {
        byte[] bytes = [.. "shipment_id,consignor_name\nS1,Caf"u8, 0xE9, .. "\nS2,Caf"u8, 0xC3, 0xA9, .. "\n"u8];
        List<InputRow<Shipment>> rows = Read(bytes);
        Assert.Equal("consignor_name", Assert.Single(rows[0].Faults).Column);
        Assert.Null(rows[0].Value);
        Assert.Equal("Café", rows[1].Value!.Parties[0].Party.Name);
    }

    [Fact]
    public void A_row_of_more_than_a_mebibyte_is_left_out_and_the_next_one_read()
    {
        List<InputRow<Shipment>> rows = Read($"shipment_id,consignor_name\nS1,{new string('A', 2 << 20)}\nS2,B\n");
        Assert.Null(rows[0].Value);
        Assert.Contains("1 MiB", Assert.Single(rows[0].Faults).What, StringComparison.Ordinal);
        Assert.Equal("S2", rows[1].Value!.Id);
    }

    [Fact]
    public void A_quote_that_is_never_closed_is_a_fault_and_no_silence()
    {
        List<InputRow<Shipment>> rows = Read("shipment_id,consignor_name\nS1,A\nS2,\"B\nS3,C\n");
        Assert.Equal("S1", rows[0].Value!.Id);
        Assert.Equal(3, rows[1].Line);
        Assert.Null(rows[1].Value);
        Assert.Contains("quotes", Assert.Single(rows[1].Faults).What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_party_that_comes_again_reads_as_it_does_alone(bool inOrder)
    {
        // In the order of docs/formats.md a party's columns are compared in one piece, in another order one by one; some are missing.
        Random random = new(7);
        string[] columns = ["shipment_id", .. ManifestFile.Columns.Where(column => column.StartsWith("consignor_", StringComparison.Ordinal)), .. ManifestFile.Columns.Where(column => column.StartsWith("seller_", StringComparison.Ordinal))];
        if (!inOrder) columns = [columns[0], .. columns[1..].Where(column => column != "seller_iban").Reverse()];
        string[] values = ["", "", "A", "\"A, B\"", "\"A \"\"B\"\"\"", " A ", "a@b.example", "+4930901820", "DE", "XX", "ORGANISATION", "Caf\u00e9", "\"line\nbreak\""];
        string[] parties = [.. Enumerable.Range(0, 12).Select(_ => string.Join('|', columns[1..].Select(_ => values[random.Next(values.Length)])))];
        string header = string.Join(',', columns) + "\n";
        string[] rows = [.. Enumerable.Range(0, 200).Select(i => $"S{i},{parties[random.Next(parties.Length)].Replace('|', ',')}\n")];
        List<InputRow<Shipment>> together = Read(header + string.Concat(rows));
        for (int i = 0; i < rows.Length; i++)
        {
            InputRow<Shipment> alone = Assert.Single(Read(header + rows[i]));
            Assert.Equal(alone.Value, together[i].Value);
            Assert.Equal(alone.Faults.Select(fault => (fault.Column, fault.Name, fault.What)), together[i].Faults.Select(fault => (fault.Column, fault.Name, fault.What)));
        }
    }

    [Fact]
    public void A_header_alone_holds_no_rows() => Assert.Empty(Read("shipment_id\n"));

    [Fact]
    public void A_byte_order_mark_is_passed_over() => Assert.Equal("S1", Assert.Single(Read([0xEF, 0xBB, 0xBF, .. "shipment_id\nS1\n"u8])).Value!.Id);

    [Fact]
    public void An_empty_file_is_refused() => Assert.Equal("INPUT_EMPTY", Refused([]).Code);

    [Fact]
    public void A_file_in_utf16_is_refused() => Assert.Equal("INPUT_NOT_UTF8", Refused([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("shipment_id\nS1\n")]).Code);

    [Fact]
    public void Every_fault_of_a_header_is_named_with_the_nearest_column()
    {
        Refusal refusal = Refused("shipment,consignor_nmae,hs6,hs6\n"u8.ToArray());
        Assert.Equal("INPUT_HEADER_INVALID", refusal.Code);
        Assert.Contains("'consignor_nmae'; the nearest is 'consignor_name'", refusal.What, StringComparison.Ordinal);
        Assert.Contains("'hs6' stands twice", refusal.What, StringComparison.Ordinal);
        Assert.Contains("'shipment_id' is missing", refusal.What, StringComparison.Ordinal);
    }

    private List<InputRow<Shipment>> Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private List<InputRow<Shipment>> Read(byte[] bytes)
    {
        using CsvSource source = ManifestFile.Open(_folder.Write("manifest.csv", bytes));
        return [.. ManifestFile.Read(source)];
    }

    private Refusal Refused(byte[] bytes) => Assert.Throws<RefusalException>(() => Read(bytes)).Refusal;
}
