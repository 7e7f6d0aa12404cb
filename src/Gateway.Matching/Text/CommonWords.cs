using System.Collections.Frozen;

namespace Gateway.Matching.Text;

/// <summary>Words that so many names hold that they tell no two parties apart: trades, particles, and the cities and provinces where export companies carry their place in the name.</summary>
internal static class CommonWords
{
    private static readonly FrozenSet<string> Words = (
        "a al an and at by da das de del den der des di do dos du e el et for from i in la las le los of on und the to van von y with bin ibn abu abd " +
        "trading trade traders import imports export exports imp exp impex importing exporting commerce commercial commercio comercio comercial comercializadora business enterprise enterprises " +
        "international intl internacional global world worldwide general group groupe grupo gruppe holding holdings investment investments inversiones development " +
        "industry industries industrial industria industrias manufacturing manufacture manufacturer factory works plant technology technologies tech technical science scientific electronic " +
        "electronics electric electrical ecommerce online shop shops store stores mall market marketing retail wholesale sales outlet supply supplies chain solutions service services servicios " +
        "logistics logistic shipping shipment cargo express freight forwarding transport transportation transportes marine maritime line lines agency agencies consulting management " +
        "fashion garment garments clothing clothes apparel textile textiles shoes shoe footwear leather bags toys cosmetics jewelry jewellery watches accessories products product goods materials " +
        "construction engineering equipment machinery design company co ltd corp new star golden east west north south " +
        "china chinese hong kong hongkong hk shenzhen guangzhou dongguan foshan zhongshan huizhou shantou yiwu ningbo hangzhou wenzhou jinhua taizhou shanghai beijing tianjin qingdao xiamen quanzhou " +
        "jinjiang putian fuzhou suzhou nanjing wuxi wuhan chengdu chongqing zhengzhou changsha jinan dalian guangdong zhejiang fujian jiangsu shandong hunan hubei henan hebei sichuan " +
        "istanbul dubai uae turkey india pakistan vietnam thailand bangkok singapore malaysia taiwan taipei").Split(' ').ToFrozenSet(StringComparer.Ordinal);

    internal static bool Contains(string word) => Words.Contains(word);
}
