"""Signed plans: --sign, --verify, and an independent program that agrees."""
import base64
import json
import os
import shutil
import subprocess
import unittest

from tests.support import sealed_plan, trees
from tests.support.program import DONE, REFUSED, USAGE, ProgramTest, parse_plan
from tests.support.trees import fifo

PAYLOAD_TYPE = 'application/vnd.foldersync.plan-digest+json'


def openssl(*args, **options):
    return subprocess.run(['openssl', *args], check=True, capture_output=True, **options).stdout


def encoding(payload):
    """What DSSE signs."""
    return b'DSSEv1 %d %s %d %s' % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


@unittest.skipUnless(shutil.which('openssl'), 'there is no openssl')
class SignatureTest(ProgramTest):
    def setUp(self):
        super().setUp()
        self.given({'a': 'new', 'd': {'b': 'x'}}, {'a': 'older', 'gone': 'x'})
        self.key, self.public = self.new_key('key')

    def new_key(self, name, *options):
        private, public = self.at(f'{name}.pem'), self.at(f'{name}.pub')
        openssl('genpkey', *(options or ('-algorithm', 'ed25519')), '-out', private)
        openssl('pkey', '-in', private, '-pubout', '-out', public)
        return private, public

    def signed_plan(self, *args):
        return self.plan_file('--sign', self.key, *args)

    def envelope(self, plan):
        return json.loads(trees.read(plan + '.sig'))

    def apply(self, plan, *args, public=None, expect=DONE, **options):
        return self.execute('apply', plan, '--verify', public or self.public, *args, expect=expect,
                            **options)

    def assert_refused(self, plan, *args, said='', **options):
        with self.untouched():
            result = self.apply(plan, *args, expect=REFUSED, **options)
        self.assertIn(said, result.err)

    def test_a_signed_plan_is_applied_and_the_signer_is_reported(self):
        result = self.apply(self.signed_plan(), '--json')
        self.assert_mirrored()
        der = openssl('pkey', '-pubin', '-in', self.public, '-outform', 'DER')
        id_of_key = openssl('dgst', '-sha256', '-r', input=der).split()[0].decode()
        self.assertEqual(id_of_key, json.loads(result.out.split('\n')[0])['signed_by'])

    def test_another_program_verifies_it(self):
        plan = self.signed_plan()
        envelope = self.envelope(plan)
        self.assertEqual(PAYLOAD_TYPE, envelope['payloadType'])
        payload = base64.b64decode(envelope['payload'])
        document = parse_plan(trees.read(plan))
        self.assertEqual({'format': 'sync.plan-signature', 'format_version': '1.0',
                          'plan_id': document['plan_id'], 'digest': document['digest']},
                         json.loads(payload))
        trees.write(self.at('signed'), encoding(payload))
        trees.write(self.at('raw'), base64.b64decode(envelope['signatures'][0]['sig']))
        openssl('pkeyutl', '-verify', '-pubin', '-inkey', self.public, '-rawin',
                '-in', self.at('signed'), '-sigfile', self.at('raw'))

    def sign_elsewhere(self, plan):
        """As a program of somebody else's would, from the plan alone."""
        document = parse_plan(trees.read(plan))
        payload = json.dumps({'format': 'sync.plan-signature', 'format_version': '1.0',
                              'plan_id': document['plan_id'],
                              'digest': document['digest']}).encode()
        trees.write(self.at('to sign'), encoding(payload))
        openssl('pkeyutl', '-sign', '-inkey', self.key, '-rawin', '-in', self.at('to sign'),
                '-out', self.at('raw'))
        trees.write(plan + '.sig', json.dumps(
            {'payload': base64.urlsafe_b64encode(payload).decode(), 'payloadType': PAYLOAD_TYPE,
             'signatures': [{'sig': base64.b64encode(trees.read(self.at('raw'))).decode()}]}))

    def test_what_another_program_signed_is_taken(self):
        plan = self.plan_file()
        self.sign_elsewhere(plan)
        self.apply(plan)
        self.assert_mirrored()

    def test_an_undo_is_verified_too(self):
        self.sync('run', '--backup-dir', self.at('old'))
        [name] = os.listdir(self.at('old'))
        undo = self.at('old', name, 'undo.json')
        self.assert_refused(undo)
        self.sign_elsewhere(undo)
        self.apply(undo)
        self.assertEqual(b'older', self.content('a'))

    def test_a_plan_without_a_signature_is_refused(self):
        self.assert_refused(self.plan_file(), said='plan.json.sig')

    def test_a_plan_that_was_edited_is_refused_also_where_its_digest_is_put_right(self):
        plan = self.signed_plan()
        document = parse_plan(trees.read(plan))
        document['actions'] = [action for action in document['actions']
                               if action['op'] != 'delete']
        trees.write(plan, sealed_plan.seal(document))
        self.assert_refused(plan, said='it was edited since')

    def test_the_signature_of_another_plan_is_refused(self):
        plan = self.signed_plan()
        shutil.copy(plan + '.sig', self.at('other.sig'))
        self.signed_plan()
        self.assert_refused(plan, '--signature', self.at('other.sig'), said='is about the plan')

    def test_the_key_of_somebody_else_is_refused(self):
        plan = self.signed_plan()
        _, other = self.new_key('other')
        self.assert_refused(plan, public=other, said='not signed by the key')
        trees.write(self.at('both'), trees.read(other) + trees.read(self.public))
        self.apply(plan, public=self.at('both'))

    def test_a_tampered_signature_is_refused(self):
        plan = self.signed_plan()
        for field in ('payload', 'sig'):
            envelope = self.envelope(plan)
            holder = envelope if field == 'payload' else envelope['signatures'][0]
            data = bytearray(base64.b64decode(holder[field]))
            data[-1] ^= 1
            holder[field] = base64.b64encode(data).decode()
            trees.write(self.at('tampered'), json.dumps(envelope))
            self.assert_refused(plan, '--signature', self.at('tampered'))

    def test_what_is_no_signature_is_refused_and_not_waited_for(self):
        plan = self.signed_plan()
        trees.build(self.at('odd'), {'empty': '', 'text': 'x', 'fifo': fifo(), 'dir': {}})
        for name in ('empty', 'text', 'fifo', 'dir', 'missing'):
            with self.subTest(name=name):
                self.assert_refused(plan, '--signature', self.at('odd', name))
        self.assert_refused(plan, '--signature', '/dev/zero')

    def test_keys_of_other_kinds_are_refused_with_a_word_on_what_is_expected(self):
        private, public = self.new_key('rsa', '-algorithm', 'RSA', '-pkeyopt',
                                       'rsa_keygen_bits:2048')
        plan = self.signed_plan()
        self.assert_refused(plan, public=public, said='expected an Ed25519 key, found one of RSA')
        self.assert_refused(plan, public=self.key, said='expected a public key')
        self.assert_refused(plan, public='/dev/null', said='expected a public key')
        for wrong, said in ((private, 'found one of RSA'), (self.public, 'private key'),
                            ('/dev/null', 'private key'), (self.at('none'), 'ENOENT')):
            result = self.sync('plan', '-o', self.at('unsigned'), '--sign', wrong, expect=REFUSED)
            self.assertIn(said, result.err)
            self.assertFalse(os.path.exists(self.at('unsigned')))

    def test_a_key_with_a_password_is_refused_and_nobody_is_asked(self):
        locked = self.at('locked.pem')
        openssl('pkey', '-in', self.key, '-aes256', '-passout', 'pass:secret', '-out', locked)
        result = self.sync('plan', '-o', self.at('unsigned'), '--sign', locked, expect=REFUSED,
                           wrapper=('setsid',))
        self.assertIn('protected by a password', result.err)

    def test_a_key_may_come_from_a_pipe(self):
        plan = self.at('plan.json')
        wrapper = ('bash', '-c', f'exec "$@" --sign <(cat {self.key})', 'bash')
        self.sync('plan', '-o', plan, wrapper=wrapper)
        self.apply(plan)

    def test_a_plan_of_standard_input_has_its_signature_elsewhere(self):
        elsewhere = self.at('elsewhere.sig')
        text = self.plan_text('--sign', self.key, '--signature', elsewhere)
        with self.untouched():
            self.apply('-', input=text, expect=USAGE)
        self.apply('-', '--signature', elsewhere, input=text)
        self.assert_mirrored()

    def test_a_signature_does_not_make_others_files_believed(self):
        plan = self.signed_plan()
        os.chmod(plan, 0o666)
        self.assert_refused(plan, said='name them with -s and -r')

    def test_a_signature_needs_a_place_and_a_key(self):
        self.sync('plan', '--sign', self.key, expect=USAGE)
        self.sync('plan', '--signature', self.at('x'), expect=USAGE)
        self.execute('apply', self.plan_file(), '--signature', self.at('x'), expect=USAGE)

    def test_a_signature_inside_the_replica_is_refused(self):
        with self.untouched():
            self.sync('plan', '--sign', self.key, '--signature', self.in_replica('sig'),
                      expect=REFUSED)

    def test_a_signature_inside_the_source_is_left_out(self):
        self.sync('plan', '--sign', self.key, '-o', self.in_source('plan.json'),
                  source_may_change=True)
        document = parse_plan(trees.read(self.in_source('plan.json')))
        self.assertEqual(['plan.json', 'plan.json.sig'], document['options']['left_out'])


if __name__ == '__main__':
    unittest.main()
