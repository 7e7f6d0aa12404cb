using System.Text;
using Gateway.Cli.Input;
using Gateway.Protocol.Errors;
using Gateway.Protocol.V1;

namespace Gateway.Cli.Tests.Input;

public sealed class ManifestBatchesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_row_becomes_a_shipment_with_its_parties_and_identifiers()
    {
        ReadManifest read = Read(
            "shipment_id,arrival,hs6,container,consignor_name,consignor_country,consignor_phone,consignor_website\r\n"
            + "S1,2026-03-31,640411,CSQU3054383,\"Shoes, \"\"Best\"\"\r\nTrading\",cn,+4930901820,https://www.ebay.com/usr/best\r\n");
        Assert.Empty(read.Faults);
        Shipment shipment = Assert.Single(read.Shipments);
        Assert.Equal(("S1", "640411"), (shipment.Id, shipment.HsCode));
        Assert.Equal(14u, Assert.Single(shipment.References).Type);
        Party consignor = Assert.Single(shipment.Parties).Party;
        Assert.Equal("Shoes, \"Best\"\r\nTrading", consignor.Name);
        Assert.Equal("CN", consignor.Country);
        Assert.Equal([2u, 13u], consignor.Identifiers.Select(identifier => identifier.Type));
    }

    [Fact]
    public void A_field_that_cannot_be_used_leaves_the_shipment_to_be_screened_by_the_others()
    {
        ReadManifest read = Read("shipment_id,arrival,container,seller_email\nS1,2021-02-30,CSQU3054384,a@b.example\n");
        Assert.Equal(["arrival", "container"], read.Faults.Select(fault => fault.Column).Order());
        Assert.All(read.Faults, fault => Assert.False(fault.RowLeftOut));
        Assert.Single(Assert.Single(read.Shipments).Parties);
        Assert.Empty(read.Shipments[0].References);
    }

    [Fact]
    public void A_shipment_without_an_id_of_its_own_is_left_out()
    {
        ReadManifest read = Read("shipment_id,hs6\nS1,640411\n,640411\nS1,640411\n\"S1\",640411\nS2,640411\n");
        Assert.Equal(["S1", "S2"], read.Ids);
        Assert.Equal([3, 4, 5], read.Faults.Select(fault => fault.Line));
        Assert.All(read.Faults, fault => Assert.True(fault.RowLeftOut));
    }

    [Fact]
    public void A_row_with_a_wrong_number_of_fields_is_left_out_and_the_next_one_read()
    {
        ReadManifest read = Read("shipment_id,hs6\nS1\nS2,640411,x\nS3,640411\n");
        Assert.Equal([2, 3], read.Faults.Select(fault => fault.Line));
        Assert.Equal(["S3"], read.Ids);
    }

    [Fact]
    public void A_row_that_is_not_utf8_is_left_out_and_the_next_one_read()
    {
        byte[] bytes = [.. "shipment_id,consignor_name\nS1,Caf"u8, 0xE9, .. "\nS2,Caf"u8, 0xC3, 0xA9, .. "\n"u8];
        ReadManifest read = Read(bytes);
        Assert.Equal("consignor_name", Assert.Single(read.Faults).Column);
        Assert.Equal("Café", Assert.Single(read.Shipments).Parties[0].Party.Name);
    }

    [Fact]
    public void A_row_of_more_than_a_mebibyte_is_left_out_and_the_next_one_read()
    {
        ReadManifest read = Read($"shipment_id,consignor_name\nS1,{new string('A', 2 << 20)}\nS2,B\n");
        Assert.Contains("1 MiB", Assert.Single(read.Faults).What, StringComparison.Ordinal);
        Assert.Equal(["S2"], read.Ids);
    }

    [Fact]
    public void A_quote_that_is_never_closed_is_a_fault_and_no_silence()
    {
        ReadManifest read = Read("shipment_id,consignor_name\nS1,A\nS2,\"B\nS3,C\n");
        Assert.Equal(["S1"], read.Ids);
        Assert.Equal(3, Assert.Single(read.Faults).Line);
        Assert.Contains("quotes", read.Faults[0].What, StringComparison.Ordinal);
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
        ReadManifest together = Read(header + string.Concat(rows));
        ILookup<string, InputFault> faults = together.Faults.ToLookup(fault => fault.Name);
        for (int i = 0; i < rows.Length; i++)
        {
            ReadManifest alone = Read(header + rows[i]);
            Assert.Equal(Assert.Single(alone.Shipments), together.Shipments[i]);
            Assert.Equal(alone.Faults.Select(fault => (fault.Column, fault.What)), faults[$"S{i}"].Select(fault => (fault.Column, fault.What)));
        }
    }

    [Fact]
    public void Details_that_are_read_from_their_bytes_are_read_as_those_in_quotes_are()
    {
        // In quotes nothing is plain: each cell goes the long way, which also says what is wrong.
        Random random = new(11);
        string[] columns = ["arrival", "transport_mode", "hs6", "country_of_departure", "country_of_origin", "mass_kg", "value", "currency"];
        string[] values = ["", "2026-02-28", "2026-02-29", "1969-12-31", "2026-2-28", "SEA", "sea", "BOAT", "640411", "000000", "64041", "6404111", "CN", "cn", "XX", "12.5", "1.2.3", "-1", "12,5", "1e3", "KRW", "\u0661", "99999999999999999999999999999"];
        string header = "shipment_id," + string.Join(',', columns) + "\n";
        for (int i = 0; i < 400; i++)
        {
            string[] cells = [.. columns.Select(_ => values[random.Next(values.Length)])];
            ReadManifest plain = Read($"{header}S1,{string.Join(',', cells.Select(cell => cell.Contains(',') ? $"\"{cell}\"" : cell))}\n");
            ReadManifest quoted = Read($"{header}\"S1\",{string.Join(',', cells.Select(cell => $"\"{cell}\""))}\n");
            Assert.Equal(quoted.Shipments, plain.Shipments);
            Assert.Equal(quoted.Faults.Select(fault => (fault.Column, fault.Name, fault.What)), plain.Faults.Select(fault => (fault.Column, fault.Name, fault.What)));
        }
    }

    [Fact]
    public void What_stood_in_an_earlier_row_is_named_by_its_number()
    {
        string rows = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"S{i},{i % 5}@b.example,CSQU3054383\n"));
        ReadManifest read = Read("shipment_id,consignor_email,container\n" + rows);
        Assert.Equal(6, read.Parts);
        Assert.Equal(Enumerable.Range(0, 10_000).Select(i => $"{i % 5}@b.example"), read.Shipments.Select(shipment => shipment.Parties[0].Party.Identifiers[0].Value));
        Assert.All(read.Shipments, shipment => Assert.Single(shipment.References));
    }

    [Fact]
    public void Senders_without_end_are_forgotten_and_named_again()
    {
        string rows = string.Concat(Enumerable.Range(0, 100_000).Select(i => $"S{i},{(i % 90_000)}@b.example\n"));
        ReadManifest read = Read("shipment_id,consignor_email\n" + rows);
        Assert.InRange(read.MostParts, 32_768, 65_536);
        Assert.Equal(Enumerable.Range(0, 100_000).Select(i => $"{i % 90_000}@b.example"), read.Shipments.Select(shipment => shipment.Parties[0].Party.Identifiers[0].Value));
    }

    [Fact]
    public void A_header_alone_holds_no_rows() => Assert.Empty(Read("shipment_id\n").Shipments);

    [Fact]
    public void A_byte_order_mark_is_passed_over() => Assert.Equal(["S1"], Read([0xEF, 0xBB, 0xBF, .. "shipment_id\nS1\n"u8]).Ids);

    [Fact]
    public void An_empty_file_is_refused() => Assert.Equal("INPUT_EMPTY", Refused([]).Code);

    [Fact]
    public void A_file_in_utf16_is_refused() => Assert.Equal("INPUT_NOT_UTF8", Refused([.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("shipment_id\nS1\n")]).Code);

    [Fact]
    public void A_file_of_another_kind_is_taken_for_one_and_its_columns_are_named_once()
    {
        Refusal refusal = Refused("reference,kind,name,email,phone,street\n"u8.ToArray());
        Assert.Contains("There are no columns 'reference', 'kind', 'name', 'email', 'phone', 'street': is it a file of another kind?", refusal.What, StringComparison.Ordinal);
        Assert.DoesNotContain("the nearest is", refusal.What, StringComparison.Ordinal);
        Assert.Contains("'shipment_id' is missing", refusal.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fault_of_a_header_is_named_with_the_nearest_column()
    {
        Refusal refusal = Refused("shipment,consignor_nmae,hs6,hs6\n"u8.ToArray());
        Assert.Equal("INPUT_HEADER_INVALID", refusal.Code);
        Assert.Contains("'consignor_nmae'; the nearest is 'consignor_name'", refusal.What, StringComparison.Ordinal);
        Assert.Contains("'hs6' stands twice", refusal.What, StringComparison.Ordinal);
        Assert.Contains("'shipment_id' is missing", refusal.What, StringComparison.Ordinal);
    }

    private ReadManifest Read(string text) => Read(Encoding.UTF8.GetBytes(text));

    private ReadManifest Read(byte[] bytes) => ReadManifest.Of(_folder.Write("manifest.csv", bytes));

    private Refusal Refused(byte[] bytes) => Assert.Throws<RefusalException>(() => Read(bytes)).Refusal;
}
