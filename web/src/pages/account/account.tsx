import "../../style/account.css";
import { LanguageChoice } from "../../parts/language-choice.tsx";
import { Empty } from "../../parts/notices.tsx";
import { useServices, useText } from "../../services.ts";
import { useStore } from "../../store.ts";
import { FirstStartForm } from "../sign-in/first-start.tsx";
import { SignInForm } from "../sign-in/sign-in.tsx";
import { Audit } from "./audit.tsx";
import { Notifications } from "./notifications.tsx";
import { Password } from "./password.tsx";
import { SignOut } from "./sign-out.tsx";
import { Tokens } from "./tokens.tsx";
import { Users } from "./users.tsx";

/** Who is signed in, who else may, and what this browser does. */
export function Account() {
  const text = useText();
  const access = useStore(useServices().session.access);
  return (
    <>
      <h1>{text.pages.account}</h1>
      {access.state === "signed-in" && <SignOut user={access.user} />}
      <div class="cards two">
        <section class="card" aria-labelledby="browser-title">
          <h2 id="browser-title">{text.account.browser}</h2>
          <LanguageChoice />
          <Notifications />
        </section>
        {access.state === "guest" && (
          <section class="card" aria-labelledby="enter-title">
            <h2 id="enter-title">{access.setupNeeded ? text.firstStart.title : text.signIn.title}</h2>
            {access.setupNeeded ? <FirstStartForm /> : <SignInForm />}
          </section>
        )}
        {access.state === "signed-in" && <Password name={access.user.name} />}
        {access.user?.role === "admin" && (
          <>
            <Users self={access.user.name} />
            <Tokens />
          </>
        )}
      </div>
      {access.user?.role === "admin" && <Audit />}
      {access.state === "open" && (
        <Empty icon="account" title={text.account.noAccounts}>
          <p>{text.account.noAccountsDetail}</p>
        </Empty>
      )}
    </>
  );
}
