using Gateway.Cli.Samples;

namespace Gateway.Cli.Tests.Samples;

/// <summary>Numbers that standards and authorities print as examples, or that are public.</summary>
public class CheckDigitTests
{
    [Theory]
    [InlineData("DE136695976")]
    [InlineData("IT00743110157")]
    [InlineData("FR40303265045")]
    [InlineData("GB980780684")]
    [InlineData("BE0428759497")]
    [InlineData("PL8567346215")]
    [InlineData("SK2022749619")]
    [InlineData("NL004495445B01")]
    [InlineData("BG175074752")]
    public void A_VAT_number_holds_and_with_another_digit_does_not(string number)
    {
        Assert.True(CheckDigits.IsVat(number));
        Assert.False(CheckDigits.IsVat(WithAnotherDigit(number)));
    }

    [Fact]
    public void Transport_references_hold_and_with_another_digit_do_not()
    {
        Assert.True(CheckDigits.IsContainer("CSQU3054383"));
        Assert.False(CheckDigits.IsContainer(WithAnotherDigit("CSQU3054383")));
        Assert.True(CheckDigits.IsPostalItem("RR473124829GB"));
        Assert.False(CheckDigits.IsPostalItem("RR473124828GB"));
        Assert.True(CheckDigits.IsAirWaybill("020-12345675"));
        Assert.False(CheckDigits.IsAirWaybill("020-12345676"));
    }

    [Fact]
    public void Registrations_and_tax_numbers_hold_and_with_another_digit_do_not()
    {
        Assert.True(CheckDigits.IsUscc("91350100M000100Y43"));
        Assert.False(CheckDigits.IsUscc("91350100M000100Y44"));
        Assert.True(CheckDigits.IsInn("7707083893"));
        Assert.False(CheckDigits.IsInn("7707083894"));
        Assert.True(CheckDigits.IsInn("500100732259"));
        Assert.True(CheckDigits.IsOgrn("1027700132195"));
        Assert.False(CheckDigits.IsOgrn("1027700132196"));
        Assert.True(CheckDigits.IsNit("2131234321"));
        Assert.False(CheckDigits.IsNit("2131234322"));
        Assert.Equal(5, CheckDigits.JapaneseCorporateNumber("835678256246"));
        Assert.Equal(6, CheckDigits.KoreanBusinessNumber("116820027"));
        Assert.True(CheckDigits.IsChineseIdentityNumber("11010519491231002X"));
        Assert.True(CheckDigits.IsIban("GB82WEST12345698765432"));
        Assert.False(CheckDigits.IsIban("GB83WEST12345698765432"));
    }

    private static string WithAnotherDigit(string number)
    {
        int position = number.Length - 5;
        return number[..position] + (char)('0' + ((number[position] - '0' + 1) % 10)) + number[(position + 1)..];
    }
}
