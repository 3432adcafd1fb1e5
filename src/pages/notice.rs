//! What was just done, told on the next page. It travels in a cookie that belongs to the session: nobody else can put words into
//! our mouth. (Rocket's own flash messages panic on what is no flash message, as another site of the same domain may set it.)

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rocket::{
    Request,
    http::{Cookie, SameSite},
    time::Duration,
};

use crate::{
    access::{SecretDigest, caller::SESSION_COOKIE},
    http::PublicUrl,
};

const COOKIE: &str = "formprogress_notice";

/// Leaves a notice for the next page of this session.
pub fn leave(request: &Request<'_>, notice: &str) {
    let Some(proof) = proof(request, notice) else { return };
    let is_secure = request.rocket().state::<PublicUrl>().is_some_and(|public_url| public_url.is_secure(request));
    let value = format!("{}.{proof}", URL_SAFE_NO_PAD.encode(notice));
    let cookie = Cookie::build((COOKIE, value)).path("/admin").http_only(true).same_site(SameSite::Lax);
    request.cookies().add(cookie.secure(is_secure).max_age(Duration::minutes(1)));
}

/// Takes the notice that the page before has left, if it has.
pub fn take(request: &Request<'_>) -> Option<String> {
    let value = request.cookies().get(COOKIE)?.value().to_owned();
    request.cookies().remove(Cookie::build(COOKIE).path("/admin"));
    let (text, shown) = value.split_once('.')?;
    let notice = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    (proof(request, &notice)? == shown).then_some(notice)
}

/// That a notice is of this session.
fn proof(request: &Request<'_>, notice: &str) -> Option<String> {
    let session = request.cookies().get(SESSION_COOKIE)?;
    Some(SecretDigest::derived(session.value(), &format!("notice {notice}")))
}
