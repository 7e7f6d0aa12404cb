using FsCheck;
using FsCheck.Fluent;
using Gateway.Matching.Identifiers;
using Gateway.Matching.Names;

namespace Gateway.Matching.Tests.Names;

public sealed class NameKeysTests
{
    [Theory]
    [InlineData("Kalinka Footwear Co., Ltd.", "kalinka")]
    [InlineData("ООО «Калинка»", "kalinka")]
    [InlineData("The House of Marlowe GmbH & Co. KG", "house marlowe")]
    [InlineData("Müller Çelik A.Ş.", "muller celik")]
    [InlineData("深圳市金龙皮具有限公司", "shenzhenshijinlongpiju")]
    [InlineData("O'Brien Tannery", "obrien tannery")]
    public void Legal_forms_and_common_words_have_no_key(string name, string words) => Assert.Equal(words, WordsOf(name, PartyKind.Organisation));

    [Fact]
    public void A_name_of_common_words_only_is_one_word()
    {
        Assert.Equal("goldenstartrading", WordsOf("Golden Star Trading Co Ltd", PartyKind.Organisation));
        Assert.Equal("golden star trading", WordsOf("Golden Star Trading", PartyKind.Person));
    }

    [Theory]
    [InlineData("Иван Петров", "Ivan Petrov")]
    [InlineData("Щербаков", "Shcherbakov")]
    [InlineData("Щербаков", "Serbakov")]
    [InlineData("Νικόλαος", "Nikolaos")]
    [InlineData("王小明", "Wang Xiaoming")]
    [InlineData("王小明", "WANG Xiao Ming")]
    [InlineData("أحمد حسن", "Ahmed Hassan")]
    [InlineData("חיים כהן", "Haim Cohen")]
    [InlineData("タナカ", "Tanaka")]
    [InlineData("김정은", "Kim Jong Un")]
    [InlineData("გიორგი", "Giorgi")]
    [InlineData("Արմեն", "Armen")]
    [InlineData("สมชาย", "Somchai")]
    [InlineData("Šešelj", "Sheshelj")]
    [InlineData("Müller", "Mueller")]
    [InlineData("Müller", "Muller")]
    public void A_name_meets_its_spelling_in_another_script_by_a_key_of_every_word(string one, string other)
    {
        KeyedName first = NameKeys.Of(one, PartyKind.Person);
        HashSet<Identifier> keys = [.. NameKeys.Of(other, PartyKind.Person).Identifiers];
        Assert.NotEmpty(first.Words);
        Assert.Contains(first.Words, word => All(word).Any(keys.Contains));
    }

    [Theory]
    [InlineData("marlowe", "marlow")]
    [InlineData("marlowe", "marlove")]
    [InlineData("marlowe", "marloewe")]
    [InlineData("marlowe", "malrowe")]
    public void A_mistyped_letter_leaves_a_key_in_common(string one, string other) => Assert.NotEmpty(WordKeys(one).Intersect(WordKeys(other)));

    [Fact]
    public void Letters_of_another_alphabet_are_read_as_they_look_and_said()
    {
        KeyedName disguised = NameKeys.Of("Nіke Sports", PartyKind.Organisation);
        Assert.True(disguised.Words[0].HasForeignLetters);
        Assert.Equal(NameKeys.Of("Nike Sports", PartyKind.Organisation).Words[0].Exact, disguised.Words[0].Exact);
        Assert.DoesNotContain(NameKeys.Of("Калинка Nike", PartyKind.Organisation).Words, word => word.HasForeignLetters);
    }

    [Fact]
    public void Initials_meet_the_name_they_stand_for()
    {
        Identifier? initials = NameKeys.Of("Banco Nacional de Cuba", PartyKind.Organisation).Initials;
        Assert.NotNull(initials);
        Assert.Equal(initials, NameKeys.Of("BNC", PartyKind.Organisation).Initials);
        Assert.Null(NameKeys.Of("Maria Luisa Fernandez", PartyKind.Person).Initials);
    }

    [Theory]
    [InlineData("\u202EKalinka\u200B Foot\u00ADwear\0", "kalinka footwear")]
    [InlineData("K\u0301a\u0301linka", "kalinka")]
    [InlineData("Kalinka 🎉", "kalinka")]
    [InlineData("🎉🎉", "")]
    [InlineData("", "")]
    [InlineData(" . - ' ", "")]
    public void What_a_reader_does_not_see_makes_no_difference(string name, string words) => Assert.Equal(words, WordsOf(name, PartyKind.Person));

    [Fact]
    public void Any_name_has_bounded_keys_and_the_buffer_gives_the_same_as_the_objects()
    {
        Gen<string> wild = Gen.Elements("\0", "\uD800", "\u202E", "\u200B", "\u0301", "字", "王", "ß", "İ", "-", " ", " ", "a", "Z", "1", "и", "і", "م", "ש", "ン", "ャ", "김", "ก", "'", "\uFDFA", "🎉", "ltd", "co").ListOf()
            .Select(parts => string.Concat(parts));
        Gen<string> any = Gen.OneOf(wild, ArbMap.Default.GeneratorFor<string>().Select(text => text ?? ""));
        NameKeyBuffer buffer = new();
        byte[] encoded = new byte[64];
        Prop.ForAll(any.ToArbitrary(), text =>
        {
            foreach (PartyKind kind in Enum.GetValues<PartyKind>())
            {
                KeyedName name = NameKeys.Of(text, kind);
                Assert.True(name.Words.Count <= NameKeys.MostWords);
                Assert.All(name.Words, word => Assert.True(word.Spellings.Count <= 10 && word.Skeletons.Count is >= 1 and <= 22 && word.Deletions.Count <= 16));
                Assert.All(name.Identifiers, key => Assert.True(key.Value.Length is >= 1 and <= 33 && key.Value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '=')));
                buffer.Fill(text, kind);
                HashSet<string> made = [.. Enumerable.Range(0, buffer.Count).Select(i => Convert.ToHexString(encoded.AsSpan(0, buffer.Encode(i, encoded))))];
                Assert.True(made.SetEquals(name.Identifiers.Select(key => Convert.ToHexString(key.Encode()))));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a ")]
    [InlineData("ab ")]
    [InlineData("и")]
    [InlineData("王")]
    [InlineData("e\u0301\u0302\u0303")]
    [InlineData("\uFDFA")]
    [InlineData("ャ")]
    public void A_name_of_ten_thousand_characters_has_few_keys(string part)
    {
        KeyedName name = NameKeys.Of(string.Concat(Enumerable.Repeat(part, 10_000 / part.Length)), PartyKind.Unknown);
        Assert.True(name.Identifiers.Count < 1_000);
    }

    [Fact]
    public void Keys_of_a_Latin_name_allocate_nothing()
    {
        NameKeyBuffer buffer = new();

        // Code that the runtime has not optimised yet boxes values: filled until it is.
        Assert.True(SpinWait.SpinUntil(() => Allocated() == 0, TimeSpan.FromSeconds(20)));
        Assert.Equal(0, Allocated());

        long Allocated()
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            buffer.Fill("Marlowe Kalinka Footwear Co., Ltd.", PartyKind.Organisation);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Neither_names_nor_words_print_themselves()
    {
        KeyedName name = NameKeys.Of("Marlowe Kalinka", PartyKind.Person);
        Assert.DoesNotContain("arlowe", $"{name}{name.Words[0]}{name.Words[0].Exact}", StringComparison.OrdinalIgnoreCase);
    }

    private static string WordsOf(string name, PartyKind kind) => string.Join(' ', NameKeys.Of(name, kind).Words.Select(word => word.Exact.Value));

    private static IEnumerable<Identifier> WordKeys(string word)
    {
        KeyedWord keyed = Assert.Single(NameKeys.Of(word, PartyKind.Person).Words);
        return keyed.Deletions.Append(keyed.Exact);
    }

    private static IEnumerable<Identifier> All(KeyedWord word) => [word.Exact, .. word.Spellings, .. word.JoinedWithNext, .. word.Skeletons, .. word.Deletions];
}
