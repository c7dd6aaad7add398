//! Top-level domains.

/// Whether a label in small letters is one that can be delegated, or is one for documentation or for private use.
pub(crate) fn is_top_level(label: &[u8]) -> bool {
    if label.starts_with(b"xn--") {
        return true;
    }
    let Some(all) = label.len().checked_sub(2).and_then(|at| BY_LENGTH.get(at)) else { return false };
    let width = label.len() + 1;
    let of =
        |at: usize| all.as_bytes().get(at * width..).and_then(|rest| rest.get(..label.len())).unwrap_or(&[]);
    let (mut low, mut high) = (0, (all.len() + 1) / width);
    while low < high {
        let middle = low + (high - low) / 2;
        match of(middle).cmp(label) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => low = middle + 1,
            std::cmp::Ordering::Greater => high = middle,
        }
    }
    false
}

/// All of them by length, from two letters on, in order (the Public Suffix List's first part as of 2026; RFC 2606, RFC
/// 6762, RFC 9476).
const BY_LENGTH: &[&str] = &[
    "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by \
     bz ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj \
     fk fm fo fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io \
     iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mg \
     mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph \
     pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx \
     sy sz tc td tf tg th tj tk tl tm tn to tr tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt \
     za zm zw",
    "aaa abb abc aco ads aeg afl aig anz aol app art aws axa bar bbc bbt bcg bcn bet bid bio biz bms bmw bom \
     boo bot box buy bzh cab cal cam car cat cba cbn ceo cfa cfd com cpa crs dad day dds dev dhl diy dnp dog \
     dot dtv dvr eat eco edu esq eus fan fit fly foo fox frl ftr fun fyi gal gap gay gdn gea gle gmo gmx goo \
     gop got gov hbo hiv hkt hot how ibm ice icu ifm inc ing ink int ist itv jcb jio jll jmp jnj jot joy kfh \
     kia kim kpn krd lan lat law lds llc llp lol lpl ltd man map mba med men mil mit mlb mls mma moe moi mom \
     mov msd mtn mtr nab nba nec net new nfl ngo nhk now nra nrw ntt nyc obi one ong onl ooo org ott ovh pay \
     pet phd pid pin pnc pro pru pub pwc red ren ril rio rip run rwe sap sas sbi sbs scb sew sex sfr ski sky \
     soy spa srl stc tab tax tci tdk tel thd tjx top trv tui tvs ubs uno uol ups vet vig vin vip wed win wme \
     wow wtc wtf xin xxx xyz you yun zip",
    "aarp able aero akdn ally amex arab army arpa arte asda asia audi auto baby band bank bbva beer best bike \
     bing blog blue bofa bond book buzz cafe call camp care cars casa case cash cbre cern chat citi city club \
     cool coop corp cyou data date dclk deal dell desi diet dish docs dvag erni fage fail fans farm fast fido \
     film fire fish flir food ford free fund game gbiz gent ggee gift gmbh gold golf goog guge guru hair haus \
     hdfc help here home host hsbc icbc ieee imdb immo info itau java jeep jobs jprs kddi kids kiwi kpmg kred \
     land lego lgbt lidl life like limo link live loan love ltda luxe maif meet meme menu mini mint mobi moda \
     moto name navy news next nico nike ollo open page pars pccw pics ping pink play plus pohl porn post prod \
     prof qpon read reit rent rest rich room rsvp ruhr safe sale sarl save saxo scot seat seek sexy shia shop \
     show silk sina site skin sncf sohu song sony spot star surf talk taxi team tech test teva tiaa tips town \
     toys tube vana visa viva vivo vote voto wang weir wien wiki wine work xbox yoga zara zero zone",
    "actor adult aetna amfam amica apple archi audio autos azure baidu beats bible bingo black boats bosch \
     build canon cards chase cheap cisco citic click cloud coach codes crown cymru dance deals delta drive \
     dubai earth edeka email epson faith fedex final forex forum gallo games gifts gives glass globo gmail \
     green gripe group gucci guide homes honda horse house hyatt ikano irish jetzt koeln kyoto lamer lease \
     legal lexus lilly loans local locus lotte lotto mango media merck miami money movie music nexus nikon \
     ninja nokia nowtv omega onion osaka paris parts party phone photo pizza place poker praxi press prime \
     promo quest radio rehab reise ricoh rocks rodeo rugby salon sener seven sharp shell shoes skype sling \
     smart smile solar space sport stada store study style sucks swiss tatar tires tirol tmall today tokyo \
     tools toray total tours trade trust tunes tushu ubank vegas video vodka volvo wales watch weber weibo \
     works world xerox yahoo",
    "abbott abbvie africa agency airbus airtel alipay alsace alstom amazon anquan aramco author bayern beauty \
     berlin bharti bostik boston broker camera career casino center chanel chrome church circle claims clinic \
     coffee comsec condos coupon credit cruise dating datsun dealer degree dental design direct doctor dunlop \
     dupont durban emerck energy estate events expert family flickr futbol gallup garden george giving global \
     google gratis health hermes hiphop hockey hotels hughes imamat insure intuit jaguar joburg juegos kaufen \
     kindle kosher latino lawyer lefrak living locker london luxury madrid maison makeup market mattel mobile \
     monash mormon moscow museum nagoya nissan nissay norton nowruz office olayan online oracle orange otsuka \
     pfizer photos physio pictet quebec racing realty reisen repair report review rogers ryukyu safety sakura \
     sanofi school schule search secure select shouji soccer social stream studio supply suzuki swatch sydney \
     taipei taobao target tattoo tennis tienda tjmaxx tkmaxx toyota travel unicom viajes viking villas virgin \
     vision voting voyage walter webcam xihuan yachts yandex zappos",
    "abogado academy agakhan alibaba android athleta auction audible auspost banamex bauhaus bentley bestbuy \
     booking brother capital caravan careers channel charity chintai citadel clubmed college cologne company \
     compare contact cooking corsica country coupons courses cricket cruises dentist digital domains example \
     exposed express farmers fashion ferrari ferrero finance fishing fitness flights florist flowers forsale \
     frogans fujitsu gallery genting godaddy grocery guitars hamburg hangout hitachi holiday hosting hotmail \
     hyundai invalid ismaili jewelry juniper kitchen komatsu lacaixa lanxess lasalle latrobe leclerc limited \
     lincoln markets monster netbank netflix network neustar okinawa organic origins philips pioneer politie \
     realtor recipes rentals reviews rexroth samsung sandvik schmidt schwarz science shiksha singles staples \
     storage support surgery systems temasek theater theatre tickets toshiba trading walmart wanggou watches \
     weather website wedding whoswho windows winners yamaxun youtube zuerich",
    "abudhabi airforce allstate attorney barclays barefoot bargains baseball boutique bradesco broadway \
     brussels builders business capetown catering catholic cipriani cleaning clinique clothing commbank \
     computer delivery deloitte democrat diamonds discount discover download engineer ericsson exchange \
     feedback fidelity firmdale football frontier goodyear grainger graphics hdfcbank helsinki holdings \
     hospital infiniti internal ipiranga istanbul jpmorgan lighting lundbeck marriott mckinsey memorial \
     merckmsd mortgage observer partners pharmacy pictures plumbing property redstone reliance saarland \
     samsclub security services shopping softbank software stcgroup supplies training vanguard ventures \
     verisign woodside yokohama",
    "accenture allfinanz amsterdam analytics aquarelle barcelona bloomberg christmas community directory \
     education equipment fairwinds financial firestone fresenius furniture goldpoint hisamitsu homedepot \
     homegoods homesense institute insurance kuokgroup lancaster landrover lifestyle localhost marketing \
     marshalls melbourne microsoft panasonic pramerica richardli shangrila solutions statebank statefarm \
     stockholm travelers vacations yodobashi",
    "accountant apartments associates basketball bnpparibas boehringer capitalone consulting creditcard \
     cuisinella eurovision extraspace foundation healthcare immobilien industries management mitsubishi \
     nextdirect properties protection prudential realestate republican restaurant schaeffler tatamotors \
     technology university vlaanderen",
    "accountants barclaycard blackfriday blockbuster bridgestone calvinklein contractors creditunion \
     engineering enterprises investments kerryhotels lamborghini motorcycles olayangroup photography \
     playstation productions progressive redumbrella williamhill",
    "construction lplfinancial scholarships versicherung",
    "international lifeinsurance wolterskluwer",
    "americanfamily weatherchannel",
    "americanexpress kerryproperties sandvikcoromant",
    "",
    "",
    "travelersinsurance",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_one_is_found() {
        for all in BY_LENGTH {
            for label in all.split_ascii_whitespace() {
                assert!(is_top_level(label.as_bytes()), "{label}");
            }
        }
        for label in ["", "c", "cmo", "png", "service", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert!(!is_top_level(label.as_bytes()), "{label}");
        }
    }
}
